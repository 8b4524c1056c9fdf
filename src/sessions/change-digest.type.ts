import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { Cursor } from "../graphql/scalars.ts";
import { DIGEST_LIMIT } from "./change-digest.ts";
import { SessionStatus } from "./session.rules.ts";
import { SessionType } from "./session.type.ts";

@ObjectType("SessionDigest", { description: "What happened to one session since a cursor.", simpleResolvers: true })
export class SessionDigestType {
  @Field(() => SessionType, { description: "The session as it is now." })
  session!: object;

  @Field(() => Boolean, { description: "Whether it was created since." })
  isNew!: boolean;

  @Field(() => SessionStatus, { description: "Its status at the cursor; STOPPED for one that was created since." })
  statusBefore!: SessionStatus;

  @Field(() => SessionStatus, { description: "Its status at the digest's own cursor, whatever it was in between." })
  status!: SessionStatus;

  @Field(() => Float, {
    description:
      "For how many seconds since the cursor it was wanted and gave no output: in STARTING, WAITING or FAILED, all such times together, the present one up to now.",
  })
  downSeconds!: number;

  @Field(() => Int, { description: "How many alerts of it were raised since, ended ones included." })
  alertsRaised!: number;
}

@ObjectType("DeletedSession", { description: "A session that was there at a cursor and is deleted.", simpleResolvers: true })
export class DeletedSessionType {
  @Field(() => ID, { description: "The id that it had; runs and alerts of it may still name it." })
  id!: string;

  @Field(() => String, { description: "Its name at the cursor, by which people know it." })
  name!: string;
}

@ObjectType("ChangeDigest", {
  description: "What happened to sessions since a cursor: for whoever comes back after a sleep.",
  simpleResolvers: true,
})
export class ChangeDigestType {
  @Field(() => Cursor, { description: "The position that the digest reaches to: subscribe after it, or ask for the next digest." })
  cursor!: string;

  @Field(() => Boolean, {
    description:
      "Whether the cursor is older than what is kept: the digest then tells of what is kept alone, and times before that are not counted.",
  })
  isLagged!: boolean;

  @Field(() => Int, { description: "How many alerts of these sessions were raised since, those of deleted ones included." })
  alertsRaised!: number;

  @Field(() => Int, { description: `How many sessions have a row; those beyond ${DIGEST_LIMIT.toLocaleString("en")} are not listed.` })
  sessionCount!: number;

  @Field(() => [SessionDigestType], {
    description: "One row for each session that changed since and is there, the longest down first, then the most alerts.",
  })
  sessions!: readonly SessionDigestType[];

  @Field(() => [DeletedSessionType], {
    description: `Sessions that were deleted since, at most ${DIGEST_LIMIT.toLocaleString("en")}; those that were also created since are left out.`,
  })
  deletedSessions!: readonly DeletedSessionType[];
}
