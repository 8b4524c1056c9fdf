import { AccessLevel } from "../../src/access/level.rules.ts";
import type { Context } from "../../src/access/context.ts";
import { createVault } from "../../src/access/vault.ts";
import type { Database } from "../../src/database/database.ts";
import { organizations } from "../../src/organizations/organization.table.ts";
import { renditions, templates } from "../../src/templates/template.table.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createLog } from "../../src/shared/log.ts";
import { nameKey, nameOrder } from "../../src/shared/name.ts";

/** A context of an ADMIN of a new organization, for tests of what lies below the front door. */
export async function createTestContext(database: Database): Promise<Context> {
  const organizationId = newIdentifier("organization");
  await database.executor
    .insert(organizations)
    .values({ id: organizationId, name: organizationId, nameKey: nameKey(organizationId), packages: ["LIVE_PROCESSING", "EVENTS"] });
  return {
    database,
    clock: systemClock,
    log: createLog({ level: "silent" }),
    vault: createVault(Buffer.alloc(32, 7)),
    bell: { ring: () => undefined },
    network: { allowedNetworks: [] },
    defaultRegion: "local",
    assetRetention: { days: null, bytes: null },
    publicUrl: "http://127.0.0.1:4000",
    actor: {
      organizationId,
      accessLevel: AccessLevel.ADMIN,
      name: "key:Test",
      callerId: "test",
      canIntrospect: true,
      credential: { kind: "TOKEN" },
      expiresAt: null,
    },
    ipAddress: null,
    requestId: "test",
  };
}

/** A template with one passthrough rendition for each name; the first of an organization is its default. */
export async function insertTemplate(context: Context, name: string, renditionNames: readonly string[] = ["source"]): Promise<string> {
  const id = newIdentifier("template");
  const { organizationId } = context.actor;
  const others = await context.database.executor.$count(templates);
  await context.database.executor
    .insert(templates)
    .values({ id, organizationId, name, nameKey: nameKey(name), nameOrder: nameOrder(name), isDefault: others === 0 });
  await context.database.executor.insert(renditions).values(
    renditionNames.map((rendition, position) => ({
      id: newIdentifier("rendition"),
      templateId: id,
      position,
      name: rendition,
      isPassthrough: true,
    })),
  );
  return id;
}
