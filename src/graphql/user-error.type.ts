import { Field, ID, ObjectType, registerEnumType } from "type-graphql";
import { UserErrorCode } from "../shared/user-error.ts";

registerEnumType(UserErrorCode, {
  name: "UserErrorCode",
  description: "Why something that was asked for was not done. A closed list; a new value is announced in schema/CHANGES.md.",
  valuesConfig: {
    NOT_FOUND: { description: "No such object in your organization: it was deleted, never existed, or belongs to somebody else." },
    INVALID_VALUE: { description: "A value breaks a rule that its message names, such as a range, a length or a format." },
    REQUIRED: { description: "A value is missing that the rest of the input makes necessary." },
    DUPLICATE_NAME: { description: "Another object of the organization has this name; letter case and surrounding blanks do not count." },
    DUPLICATE_ID: { description: "The same id stands more than once in one call." },
    INVALID_STATE: { description: "The object's present status does not allow this, such as editing the input of a running session." },
    VERSION_CONFLICT: { description: "The object was changed since the expectedVersion that was given; read it again before writing." },
    TEMPLATE_IN_USE: { description: "Playbacks still use the template, so that it cannot be deleted." },
    LAST_PLAYBACK: { description: "A session that has playbacks keeps at least one of them." },
    NO_PLAYBACK: { description: "A session without any playback cannot be started." },
    NOT_APPLICABLE: { description: "The value does not belong to this type of input, output or rendition." },
    URL_COUNT: { description: "The output wants another number of URLs, for most types one per rendition of the template." },
    URL_NOT_ALLOWED: { description: "The URL's scheme, host, address or path is not one that this installation may use." },
    FAILOVER_NOT_SUPPORTED: { description: "This input type has no second path to fail over to." },
    UNSUPPORTED_BY_ENCODER: { description: "Encoders are online, and none of them can run this type; the message says what is missing." },
    PACKAGE_REQUIRED: { description: "The organization does not have the package that this feature belongs to." },
    CONFIRMATION_REQUIRED: { description: "The action has consequences that want to be confirmed in the input first." },
    NO_INGEST: { description: "No ingest is connected, neither the primary nor the backup." },
    BACKUP_LOCKED: { description: "The backup ingest cannot be configured once the event is live." },
    EVENT_ENDED: { description: "The event has ended, and an ended event never goes live again." },
    NOT_LIVE: { description: "The action is possible only while the event is live." },
    NO_RECORDING: { description: "The event is over and cannot be watched on demand: nothing was recorded, or it was deleted." },
    MESSAGING_DISABLED: { description: "The event takes no questions or messages in its present messaging mode." },
    TOO_MANY_ITEMS: { description: "More items than one call takes; the message names the limit." },
    TOO_MANY_ROWS: { description: "The file has more rows than one import takes." },
    FILE_TOO_LARGE: { description: "The file is larger than one import or upload takes." },
    ALREADY_IN_STATE: {
      description: "Already as asked for, such as a start of a running session; a retrying script counts it as success.",
    },
    ACCESS_LEVEL_REQUIRED: { description: "The credential's access level does not include this; the message names the level that does." },
    USED_BY_EVENT: { description: "The session belongs to an event and is acted on through that event alone." },
    CSV_INVALID: { description: "Rows of the file were refused; the payload's errors name each of them, and nothing was created." },
    COUNT_CHANGED: { description: "The filter now matches another number of objects than expectedCount; nothing was done." },
    IDEMPOTENCY_KEY_REUSED: { description: "The idempotency key was already used with another input." },
  },
});

@ObjectType("UserError", {
  description: "Why something that was asked for was not done, for the person or program that asked.",
  simpleResolvers: true,
})
export class UserErrorType {
  @Field(() => UserErrorCode, { description: "What kind of refusal this is: programs decide by it." })
  code!: UserErrorCode;

  @Field(() => String, { description: "One English sentence for a person, which says what would be accepted instead where that is known." })
  message!: string;

  @Field(() => [String], {
    description:
      'Where in the input it went wrong, such as ["input", "playbacks", "0", "urls"]; empty when it concerns the call as a whole.',
  })
  path!: readonly string[];

  @Field(() => ID, { nullable: true, description: "The object that is already there, for DUPLICATE_NAME and the like; else null." })
  conflictingId?: string | null;
}
