import { registerEnumType } from "type-graphql";
import { BackupOnlyLimitation, EventAccess, EventStatus, IngestRole, IngestState, MessagingMode } from "./event.rules.ts";

/** How a signal may be pushed to an ingest. */
export const IngestProtocol = { RTMP: "RTMP", RTMPS: "RTMPS", SRT: "SRT" } as const;
export type IngestProtocol = (typeof IngestProtocol)[keyof typeof IngestProtocol];

registerEnumType(EventStatus, {
  name: "EventStatus",
  description: "What an event is. From ENDED there is no way back to LIVE.",
  valuesConfig: {
    SCHEDULED: { description: "Made, and not live yet; its ingests listen, so that both signals can be connected and previewed." },
    TESTING: { description: "Encoded for its operator alone: nothing is public, counted or recorded." },
    LIVE: { description: "On air, for everybody who may watch." },
    ENDED: { description: "Over, for ever." },
    ON_DEMAND: { description: "Over, and its recording can be watched." },
  },
});

registerEnumType(MessagingMode, {
  name: "MessagingMode",
  description: "What attendees may write.",
  valuesConfig: {
    DISABLED: { description: "Attendees write nothing." },
    CHAT: { description: "Messages that all attendees see at once." },
    MODERATED_QA: { description: "Questions that moderators see first, and attendees once they are approved." },
  },
});

registerEnumType(EventAccess, {
  name: "EventAccess",
  description: "Who may watch an event.",
  valuesConfig: {
    PUBLIC: { description: "Whoever has its link." },
    ACCESS_CODE: { description: "Whoever has its link and enters its code." },
  },
});

registerEnumType(IngestRole, {
  name: "IngestRole",
  description: "Which of the two signals of a language.",
  valuesConfig: {
    PRIMARY: { description: "The main signal, taken whenever it is there." },
    BACKUP: { description: "Takes over by itself when the primary is lost, and the other way round." },
  },
});

registerEnumType(IngestState, {
  name: "IngestState",
  description: "What a signal is seen to do.",
  valuesConfig: {
    NOT_CONFIGURED: { description: "The language has no backup." },
    WAITING: { description: "Nothing has arrived yet." },
    CONNECTED: { description: "The signal arrives." },
    LOST: { description: "It arrived before, and does not now." },
  },
});

registerEnumType(IngestProtocol, {
  name: "IngestProtocol",
  description: "How a signal may be pushed.",
  valuesConfig: {
    RTMP: { description: "RTMP: server URL and stream key." },
    RTMPS: { description: "RTMP over TLS: server URL and stream key." },
    SRT: { description: "SRT as caller: the stream key is the stream ID, and the passphrase encrypts." },
  },
});

registerEnumType(BackupOnlyLimitation, {
  name: "BackupOnlyLimitation",
  description: "What an event goes without that went live with its backup alone.",
  valuesConfig: {
    RECORDING_MAY_BE_MISSING: {
      description: "There may be no recording after the event: of a language without its primary nothing is recorded.",
    },
    NO_AUTO_FAILOVER: { description: "A lost backup is not replaced: the primary is not taken even when it comes." },
    ON_DEMAND_MAY_FAIL: { description: "Without a recording the event cannot become ON_DEMAND." },
    NO_SUBTITLE_DOWNLOAD: { description: "Without a recording no SRT file of the captions in its signal is made." },
  },
});
