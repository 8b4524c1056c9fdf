import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Context } from "../../access/context.ts";
import type { SqlCall } from "./field-sql.ts";

const dialect = new PgDialect();

/** Gathers the values of a statement while its text is made. */
export interface GatheringCall extends SqlCall {
  /** In the order of their placeholders. */
  readonly parameters: readonly unknown[];
}

export function gatherCall({ actor, publicUrl }: Pick<Context, "actor" | "publicUrl">): GatheringCall {
  const parameters: unknown[] = [];
  const known = new Map<string, string>();

  // PostgreSQL refuses a value that no placeholder stands for: each gets its place when it is first asked for.
  function text(given: string): string {
    const place = known.get(given) ?? `$${parameters.push(given)}::text`;
    known.set(given, place);
    return place;
  }

  return {
    parameters,
    organizationId: actor.organizationId,
    publicUrl,
    text,
    render(part: SQL) {
      const offset = parameters.length;
      const { sql, params } = dialect.sqlToQuery(part);
      parameters.push(...params);
      return sql.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`);
    },
  };
}
