import { Arg, Int } from "type-graphql";
import { z } from "zod";
import type { Following } from "../changes/follow-objects.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { Cursor } from "./scalars.ts";

/** The arguments that every subscription to changes has, as decorators of the parameters of its method, and how they are read. */

const HEARTBEAT_SECONDS = { least: 1, most: 3_600 } as const;

const followingSchema = z.object({
  snapshot: z.boolean().nullish(),
  after: z.string().nullish(),
  heartbeatSeconds: z.int().min(HEARTBEAT_SECONDS.least).max(HEARTBEAT_SECONDS.most).nullish(),
});

export function parseFollowing(args: Readonly<Record<string, unknown>>): Following {
  const parsed = followingSchema.safeParse(args);
  if (!parsed.success) {
    throw new Fault(FaultCode.BAD_USER_INPUT, `heartbeatSeconds is ${HEARTBEAT_SECONDS.least} to ${HEARTBEAT_SECONDS.most}.`);
  }
  const { snapshot, after, heartbeatSeconds } = parsed.data;
  return { snapshot: snapshot ?? false, after: after ?? null, heartbeatSeconds: heartbeatSeconds ?? null };
}

export function SnapshotArgument(description: string): ReturnType<typeof Arg> {
  return Arg("snapshot", () => Boolean, { nullable: true, defaultValue: false, description });
}

export function AfterArgument(): ReturnType<typeof Arg> {
  return Arg("after", () => Cursor, { nullable: true, description: "Resume behind this position; null: from now on." });
}

export function HeartbeatArgument(): ReturnType<typeof Arg> {
  return Arg("heartbeatSeconds", () => Int, {
    nullable: true,
    description: `Send a HEARTBEAT with a fresh cursor after so many seconds without any item, ${HEARTBEAT_SECONDS.least} to ${HEARTBEAT_SECONDS.most}; null: none.`,
  });
}
