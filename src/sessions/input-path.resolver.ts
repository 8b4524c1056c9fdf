import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import type { PathSample } from "../encoder/telemetry.rules.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, parsePage, toConnection, type Connection, type ListOrder } from "../graphql/connection.ts";
import { pageKey } from "../graphql/page-loader.ts";
import type { RequestContext } from "../graphql/request.ts";
import { required } from "../shared/assert.ts";
import { InputPathStatusType, InputSwitchConnection } from "./input-path.type.ts";
import { switchCountLoader, switchesOfSessionLoader } from "./run.loaders.ts";
import type { InputSwitchRow } from "./run.reads.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionSourceType, SessionType } from "./session.type.ts";
import { telemetryLoader } from "./telemetry.loaders.ts";

/** A source as its resolvers see it: its session's id stands behind its own. */
interface SourceRoot extends Pick<SessionSourceType, "failover"> {
  readonly sessionId: string;
}

const NEWEST_FIRST: ListOrder = { name: "SWITCH:DESC", keyType: "text" };
/** Of a path that nothing is known about. */
const NOT_SEEN: PathSample = { isConnected: false, lastSeenAt: null, errorPercent: null, bitrateKbps: null };

@Resolver(() => SessionSourceType)
export class InputPathResolver {
  @FieldResolver(() => InputPathStatusType, { description: "What the path of the main signal does." })
  async pathA(@Root() source: SourceRoot, @Ctx() { loaders }: RequestContext): Promise<PathSample> {
    return (await loaders.of(telemetryLoader).load(source.sessionId))?.pathA ?? NOT_SEEN;
  }

  @FieldResolver(() => InputPathStatusType, { nullable: true, description: "What the path of the backup does; null without failover." })
  async pathB(@Root() source: SourceRoot, @Ctx() { loaders }: RequestContext): Promise<PathSample | null> {
    if (source.failover === null) return null;
    return (await loaders.of(telemetryLoader).load(source.sessionId))?.pathB ?? NOT_SEEN;
  }

  @FieldResolver(() => InputSwitchConnection, { description: "Every switch from one path to the other, the newest first." })
  async switches(
    @Root() source: SourceRoot,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<InputSwitchRow>> {
    const key = pageKey(source.sessionId, parsePage({ first, after }, NEWEST_FIRST));
    return toConnection({
      page: required(await loaders.of(switchesOfSessionLoader).load(key), "switches of a session"),
      order: NEWEST_FIRST,
      position: (row) => ({ key: row.id, id: row.id }),
      present: (row) => row,
      totalCount: async () => (await loaders.of(switchCountLoader).load(source.sessionId)) ?? 0,
    });
  }
}

@Resolver(() => SessionType)
export class SessionSlateResolver {
  @FieldResolver(() => Boolean, {
    description: "Whether the output is a still picture with the sound muted now, asked for or by itself; false while it does not run.",
  })
  isSlateShowing(@Root() session: SessionRow): boolean {
    return session.isSlateShowing;
  }
}
