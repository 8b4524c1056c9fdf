import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import { BACKUP_ONLY_LIMITATIONS, type BackupOnlyLimitation, type EventStatus, type IngestState } from "./event.rules.ts";

/**
 * What becomes of an event:
 *
 *   SCHEDULED ⇄ TESTING, and from either → LIVE → ENDED ⇄ ON_DEMAND
 *
 * start test  on SCHEDULED: TESTING. Ingest and preview run, the public sees nothing. Wants no signal.
 * stop test   on TESTING: SCHEDULED.
 * go live     on SCHEDULED and TESTING: LIVE. Every language needs a signal; one with its backup alone wants a confirmation.
 * stop        on LIVE: ENDED, for ever. Wants a confirmation.
 * on demand   on ENDED, by itself, once the recording can be watched: ON_DEMAND.
 * no more     on ON_DEMAND, by itself, once the last of its recordings was deleted: ENDED. It stays over.
 * recording   on SCHEDULED and TESTING: whether there is to be one is decided by the time that it goes live.
 * edit ingest on SCHEDULED and TESTING: once live, neither languages nor backups change.
 * rotate keys on SCHEDULED and TESTING: once live, new ones would cut the show off.
 * delete      on SCHEDULED, ENDED and ON_DEMAND: gone.
 */
export interface DecidedEvent {
  readonly status: EventStatus;
  readonly languages: readonly DecidedLanguage[];
}

export interface DecidedLanguage {
  readonly code: string;
  readonly primary: IngestState;
  readonly backup: IngestState;
}

/** What a verb makes of an event: done, or everything that stands against it. */
export type EventDecision = { readonly refusals: readonly UserError[] };

const ACCEPTED: EventDecision = { refusals: [] };

export function decideStartTest({ status }: Pick<DecidedEvent, "status">): EventDecision {
  switch (status) {
    case "SCHEDULED":
      return ACCEPTED;
    case "TESTING":
      return refused(UserErrorCode.ALREADY_IN_STATE, "The test is running already.");
    case "LIVE":
      return refused(UserErrorCode.INVALID_STATE, "The event is live. It is tested before it goes live.");
    case "ENDED":
    case "ON_DEMAND":
      return ended();
  }
}

export function decideStopTest({ status }: Pick<DecidedEvent, "status">): EventDecision {
  switch (status) {
    case "TESTING":
      return ACCEPTED;
    case "SCHEDULED":
      return refused(UserErrorCode.ALREADY_IN_STATE, "No test is running.");
    case "LIVE":
      return refused(UserErrorCode.INVALID_STATE, "The event is live, which ended its test.");
    case "ENDED":
    case "ON_DEMAND":
      return ended();
  }
}

/** What going live would meet: everything that forbids it, and what has to be confirmed first. */
export interface GoLiveCheck {
  readonly allowed: boolean;
  readonly confirmationRequired: boolean;
  /** What the event would go without; empty with a primary signal for every language. */
  readonly limitations: readonly BackupOnlyLimitation[];
  readonly blockers: readonly UserError[];
  /** Languages that would go live with their backup alone. */
  readonly backupOnlyCodes: readonly string[];
}

/** Each language is looked at by itself, and the worst decides. */
export function checkGoLive({ status, languages }: DecidedEvent): GoLiveCheck {
  const blockers = [...refusalsOfStatus(status), ...(isBeforeLive(status) ? languages.flatMap(refuseWithoutIngest) : [])];
  const backupOnly = isBeforeLive(status) ? languages.filter(({ primary }) => primary !== "CONNECTED") : [];
  const confirmationRequired = blockers.length === 0 && backupOnly.length > 0;
  return {
    allowed: blockers.length === 0,
    confirmationRequired,
    limitations: confirmationRequired ? BACKUP_ONLY_LIMITATIONS : [],
    blockers,
    backupOnlyCodes: confirmationRequired ? backupOnly.map(({ code }) => code) : [],
  };
}

export function decideGoLive(check: GoLiveCheck, confirmBackupOnly: boolean): EventDecision {
  if (check.blockers.length > 0) return { refusals: check.blockers };
  if (!check.confirmationRequired || confirmBackupOnly) return ACCEPTED;
  const codes = check.backupOnlyCodes.join(", ");
  return refused(
    UserErrorCode.CONFIRMATION_REQUIRED,
    `Only the backup is connected (${codes}). Connect the primary, or go live with limitations by \`confirmBackupOnly: true\`: ${check.limitations.join(", ")}.`,
    ["input", "confirmBackupOnly"],
  );
}

export function decideStopEvent({ status }: Pick<DecidedEvent, "status">, isConfirmed: boolean): EventDecision {
  switch (status) {
    case "LIVE":
      return isConfirmed
        ? ACCEPTED
        : refused(
            UserErrorCode.CONFIRMATION_REQUIRED,
            "An event that was stopped never goes live again. Stop it by `confirm: true` when it is over.",
            ["input", "confirm"],
          );
    case "SCHEDULED":
    case "TESTING":
      return refused(UserErrorCode.NOT_LIVE, "The event is not live.");
    case "ENDED":
    case "ON_DEMAND":
      return refused(UserErrorCode.ALREADY_IN_STATE, "The event has ended already.");
  }
}

/** Languages and their signals are fixed once live. */
export function decideEditIngest({ status }: Pick<DecidedEvent, "status">): EventDecision {
  if (isBeforeLive(status)) return ACCEPTED;
  if (status === "LIVE") {
    return refused(UserErrorCode.BACKUP_LOCKED, "The event is live: its languages and backups are as they were when it went live.");
  }
  return ended();
}

/** New keys cut senders off. */
export function decideRotateKeys({ status }: Pick<DecidedEvent, "status">): EventDecision {
  if (isBeforeLive(status)) return ACCEPTED;
  if (status === "LIVE") {
    return refused(UserErrorCode.INVALID_STATE, "The event is live: its keys stay as they are, since new ones would cut its senders off.");
  }
  return ended();
}

/** Whether it is recorded is fixed once live. */
export function decideEditRecording({ status }: Pick<DecidedEvent, "status">): EventDecision {
  if (isBeforeLive(status)) return ACCEPTED;
  if (status === "LIVE")
    return refused(UserErrorCode.INVALID_STATE, "The event is live: it is recorded, or not, as it was when it went live.");
  return ended();
}

export function decideDeleteEvent({ status }: Pick<DecidedEvent, "status">): EventDecision {
  if (status !== "TESTING" && status !== "LIVE") return ACCEPTED;
  const first = status === "LIVE" ? "Stop it" : "Stop its test";
  return refused(UserErrorCode.INVALID_STATE, `The event is ${status}. ${first} first.`);
}

/** Whether there is something of the event that can be told from a recording now. */
export function isOver(status: EventStatus): boolean {
  return status === "ENDED" || status === "ON_DEMAND";
}

export function isBeforeLive(status: EventStatus): boolean {
  return status === "SCHEDULED" || status === "TESTING";
}

function refusalsOfStatus(status: EventStatus): readonly UserError[] {
  if (status === "LIVE") return refused(UserErrorCode.ALREADY_IN_STATE, "The event is live already.").refusals;
  return isOver(status) ? ended().refusals : [];
}

function refuseWithoutIngest({ code, primary, backup }: DecidedLanguage): readonly UserError[] {
  if (primary === "CONNECTED" || backup === "CONNECTED") return [];
  return refused(UserErrorCode.NO_INGEST, `No signal arrives for the language ${code}: connect its primary.`).refusals;
}

function ended(): EventDecision {
  return refused(UserErrorCode.EVENT_ENDED, "The event has ended, for ever. Create another one.");
}

function refused(code: UserErrorCode, message: string, path: readonly string[] = []): EventDecision {
  return { refusals: [{ code, message, path }] };
}
