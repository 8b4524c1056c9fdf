// Made by `npm run codegen`.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What a credential may do. Each level includes the ones before it. */
export type AccessLevel =
  /** Also manages API keys and webhooks, and reads the audit. */
  | 'ADMIN'
  /** Also creates, edits, deletes and imports sessions and templates, and exports their secrets. */
  | 'EDITOR'
  /** Also starts, stops and restarts sessions: for whoever runs a show. */
  | 'OPERATOR'
  /** Reads everything but secrets and API keys. */
  | 'VIEWER';

/** Open alerts that somebody has seen and looks after, all or none. A field left out stays as it is, null takes it off. */
export type AcknowledgeAlertsInput = {
  /** The alerts' ids, 1 to 1,000. One that has ended is refused with INVALID_STATE. */
  ids: Array<string | number>;
  /** A note for those who see the alerts later, at most 2,000 characters. */
  note?: string | null | undefined;
  /** Until then the alerts stay open and are not pushed again when they repeat, unless they become more severe. In the future. */
  snoozeUntil?: string | null | undefined;
};

/** One more output for a stopped session. */
export type AddPlaybackInput = {
  /** Refuse with VERSION_CONFLICT when the session is not at this version any more; null: whatever its version. */
  expectedVersion?: number | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** The output to add to the session. */
  playback: PlaybackInput;
  /** The id of the session. */
  sessionId: string | number;
};

/** What an item of alertChanges tells. */
export type AlertChangeKind =
  /** Somebody acknowledged or snoozed it. */
  | 'ACKNOWLEDGED'
  /** It is open no longer; its endReason says why. */
  | 'ENDED'
  /** Nothing happened for the interval that was asked for; carries a fresh cursor. */
  | 'HEARTBEAT'
  /** Changes are missing before this item: the cursor was older than what is kept. Read anew what you show. */
  | 'LAGGED'
  /** The alert is new. */
  | 'RAISED'
  /** It happened again, which its count tells, or its severity is another. Not sent for another message alone, nor while the alert is snoozed, unless it became more severe. */
  | 'REPEATED'
  /** An open alert as it is, before anything live; one for every match, when a snapshot was asked for. */
  | 'SNAPSHOT'
  /** The snapshot is whole. What follows came after it, with nothing lost or doubled in between. */
  | 'SNAPSHOT_END';

/** What is wrong: programs decide by it. Ends by itself 10 seconds after its cause is gone, where nothing else is said. */
export type AlertCode =
  /** The encoder's machine was not heard of any more, and the session was taken from it. Stays open until it is cleared or the session stops. */
  | 'ENCODER_LOST'
  /** The encoder crashed and was started again. Stays open until it is cleared or the session stops. */
  | 'ENCODER_RESTARTED'
  /** More packets of an input path were lost in 30 seconds than its threshold allows. */
  | 'ERROR_THRESHOLD'
  /** The signal is taken from path B. Ends once it is taken from path A again. */
  | 'FAILED_OVER'
  /** The signal of the input does not arrive any more, or cannot be reached. */
  | 'INPUT_LOST'
  /** No encoder of the session's region has room for it, can run it, or is online. Ends once one takes it. */
  | 'NO_CAPACITY'
  /** An output is not taken by its receiver, or does not grow. */
  | 'OUTPUT_FAILED'
  /** A live-processing job of the session failed. */
  | 'PROCESS_FAILED'
  /** Encoding is slower than real time, so that pictures are dropped. */
  | 'SLOW_ENCODING'
  /** The disk of the encoder has no room for what is to be written. */
  | 'STORAGE_FULL'
  /** An address leads to where this installation may not connect. */
  | 'URL_BLOCKED';

/** Why an alert is not open any more. */
export type AlertEndReason =
  /** Somebody cleared it; where the cause held on, a new alert was raised at once. */
  | 'CLEARED'
  /** Its cause was gone for 10 seconds. */
  | 'RESOLVED'
  /** The session was deleted. */
  | 'SUBJECT_DELETED'
  /** The session was stopped. */
  | 'SUBJECT_STOPPED';

/** How bad it is. */
export type AlertSeverity =
  /** Viewers or receivers do not get what they should. */
  | 'ERROR'
  /** It works, and something wants to be looked at. Clearing a session's alerts clears these. */
  | 'WARNING';

/** What an asset is. */
export type AssetKind =
  /** A piece that was cut out of a replay. */
  | 'CLIP'
  /** A short silent film that was kept; the latest one of a process is at the address of that. */
  | 'MOTION_CLIP'
  /** A file of a run, whole once the run has ended. */
  | 'RECORDING'
  /** An HLS playlist of a run, which can be watched while the run goes on. */
  | 'REPLAY'
  /** A still picture that was kept; the latest one of a process is at the address of that. */
  | 'THUMBNAIL';

/** How far an asset is. */
export type AssetStatus =
  /** It could not be finished, or its files are gone. */
  | 'FAILED'
  /** It is being made; a replay can be watched already. */
  | 'IN_PROGRESS'
  /** It is whole and can be opened. */
  | 'READY';

/** What sound is encoded to. */
export type AudioCodec =
  /** AAC-LC, which every player and output but WebRTC takes. */
  | 'AAC'
  /** Opus, for WebRTC and low bitrates; not over RTMP. */
  | 'OPUS';

/** What an event goes without that went live with its backup alone. */
export type BackupOnlyLimitation =
  /** A lost backup is not replaced: the primary is not taken even when it comes. */
  | 'NO_AUTO_FAILOVER'
  /** Without a recording no SRT file of the captions in its signal is made. */
  | 'NO_SUBTITLE_DOWNLOAD'
  /** Without a recording the event cannot become ON_DEMAND. */
  | 'ON_DEMAND_MAY_FAIL'
  /** There may be no recording after the event: of a language without its primary nothing is recorded. */
  | 'RECORDING_MAY_BE_MISSING';

/** What an item of a subscription tells. */
export type ChangeKind =
  /** An alert of it was raised, repeated, acknowledged or ended. */
  | 'ALERTS_CHANGED'
  /** The object is new. */
  | 'CREATED'
  /** The object is gone. */
  | 'DELETED'
  /** Nothing happened for the interval that was asked for; carries a fresh cursor. */
  | 'HEARTBEAT'
  /** Changes are missing before this item: the cursor was older than what is kept. Read anew what you show. */
  | 'LAGGED'
  /** An object as it is, before anything live; one for every match, when a snapshot was asked for. */
  | 'SNAPSHOT'
  /** The snapshot is whole. What follows came after it, with nothing lost or doubled in between. */
  | 'SNAPSHOT_END'
  /** Its status, health or their reason changed. */
  | 'STATUS_CHANGED'
  /** The object was edited. */
  | 'UPDATED';

/** Alerts to clear, all or none. */
export type ClearAlertsInput = {
  /** The alerts' ids, 1 to 1,000, warnings and errors alike. One that has ended by now stays as it ended. */
  ids: Array<string | number>;
};

/** Settings of processes of one session; all of them apply, or none. */
export type ConfigureProcessesInput = {
  /** The session, whatever its status. */
  sessionId: string | number;
  /** The settings, 1 to 100; each rendition and kind once. */
  settings: Array<ProcessSettingsInput>;
};

/** A new API key. */
export type CreateApiKeyInput = {
  /** What it may do. */
  accessLevel: AccessLevel;
  /** Whether it may ask for the schema by introspection, true when left out; false suits a key that is shipped with a finished program. */
  canIntrospect?: boolean | null | undefined;
  /** When it ends by itself, in the future; null or left out: it does not. */
  expiresAt?: string | null | undefined;
  /** What it is for, 1 to 200 characters; need not be unique. */
  name: string;
};

/** A piece of a replay, from cue-in to cue-out. */
export type CreateClipInput = {
  /** The id of an asset of kind REPLAY, which may still be going on. */
  assetId: string | number;
  /** Where the clip begins, in seconds from what was first in the replay; add its droppedSeconds to the position of a player. */
  cueInSeconds: number;
  /** Where it ends, counted in the same way: from 5 seconds to half an hour behind cueInSeconds. */
  cueOutSeconds: number;
  /** Whether it begins and ends at the very frames, for which it is encoded anew, as H.264 and AAC; false: it is copied as it is, and begins at the key frame at or before cueInSeconds. */
  frameAccurate?: boolean | null | undefined;
  /** A second call with the same key and the same input is answered as the first was, and makes no second clip. */
  idempotencyKey?: string | null | undefined;
  /** What it is called, at most 200 characters; null: nothing. */
  name?: string | null | undefined;
};

/** A new event. Its ingests listen from its creation on. */
export type CreateEventInput = {
  /** Who may watch; left out: PUBLIC. */
  access?: EventAccess | null | undefined;
  /** The code for ACCESS_CODE, 6 to 30 characters. */
  accessCode?: string | null | undefined;
  /** Free text for attendees, at most 2,000 characters. */
  details?: string | null | undefined;
  /** When it is announced to end, after startsAt; nothing ends by it. */
  endsAt?: string | null | undefined;
  /** Any text of the caller's own: the same call with the same key is done once and answered twice, for 48 hours. */
  idempotencyKey?: string | null | undefined;
  /** Its languages in the order that attendees see: 1 to 20. */
  languages: Array<EventLanguageInput>;
  /** What attendees may write; left out: DISABLED. */
  messagingMode?: MessagingMode | null | undefined;
  /** Whether each language is recorded from going live to the end, and can then be watched on demand. Wants the package LIVE_PROCESSING. */
  recordingEnabled?: boolean | null | undefined;
  /** When it is announced to begin; nothing begins by it. */
  startsAt?: string | null | undefined;
  /** What it is called; 1 to 200 characters. */
  title: string;
};

/** A new session with its playbacks. It is created STOPPED. */
export type CreateSessionInput = {
  /** The picture that stands for it: a PNG, JPEG or WebP picture of at most 5 MB, 16 to 4,096 pixels a side and 16 million in all. */
  coverImage?: File | null | undefined;
  /** Free text for people, at most 2,000 characters. */
  description?: string | null | undefined;
  /** A key of your own system, unique in the organization; at most 200 characters. */
  externalId?: string | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** Free labels to find sessions by; at most 50 of at most 100 characters. */
  labels?: Array<string> | null | undefined;
  /** Name, unique in the organization whatever its letter case; at most 200 characters. */
  name: string;
  /** The outputs, at most 20. None is allowed, and such a session cannot start. */
  playbacks: Array<PlaybackInput>;
  /** Live processes of it, at most 100 settings; targets name playbacks by playbackName. Needs the package LIVE_PROCESSING. */
  processes?: Array<ProcessSettingsInput> | null | undefined;
  /** The region whose encoders shall run it; left out: the installation's own. */
  region?: string | null | undefined;
  /** Show a slate by itself when the input is lost. Off when left out. */
  slatesEnabled?: boolean | null | undefined;
  /** Where the signal comes from. */
  source: SessionSourceInput;
  /** Rules for the streams of a multicast input; at least one keeps a video stream. */
  streamRemap?: Array<RemapRuleInput> | null | undefined;
};

/** Several sessions to create or, with UPSERT, to edit where they are there: all or none, at most 1,000. */
export type CreateSessionsInput = {
  /** Check everything, say what would become of each, and write nothing. */
  dryRun?: boolean | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** What to do with sessions that are there already. */
  mode?: ImportMode | null | undefined;
  /** The sessions; idempotency keys of single ones are not looked at. */
  sessions: Array<CreateSessionInput>;
};

/** A new template. */
export type CreateTemplateInput = {
  /** Free text for people, at most 2,000 characters. */
  description?: string | null | undefined;
  /** Any text of the caller's own: the same call with the same key is done once and answered twice, for 48 hours. */
  idempotencyKey?: string | null | undefined;
  /** Whether it becomes the default in place of the one before. */
  isDefault?: boolean | null | undefined;
  /** Name, unique in the organization whatever its letter case; 1 to 200 characters. */
  name: string;
  /** The ladder, in its order: 1 to 20 renditions. */
  renditions: Array<RenditionInput>;
};

/** A new webhook, told of what happens from now on; at most 50 in an organization. */
export type CreateWebhookInput = {
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. The secret is shown again to the same call. */
  idempotencyKey?: string | null | undefined;
  /** Which changes are sent. The kinds are session.created, session.updated, session.status_changed, session.alerts_changed, session.deleted, template.created, template.updated, template.deleted, alert.raised, alert.repeated, alert.acknowledged, alert.ended, process.created, process.updated, process.status_changed, process.deleted, asset.created, asset.updated, asset.status_changed, asset.deleted, event.created, event.updated, event.status_changed, event.deleted, question.created, question.updated, question.status_changed, chat_message.created, chat_message.deleted, log.lagged. log.lagged is sent whatever stands here. */
  kinds: Array<string>;
  /** Where messages are posted: http:// or https://, to an address that inputs may have. It is looked up and checked anew for every message; redirects are not followed. */
  url: string;
};

/** What is wrong with a cell, a row, the header or a whole file. */
export type CsvImportErrorCode =
  /** A column is in the header twice. */
  | 'DUPLICATE_HEADER'
  /** An earlier row of the file has this name, letter case aside. */
  | 'DUPLICATE_NAME'
  /** The file has no header, or nothing below it. */
  | 'EMPTY_FILE'
  /** The file is not text in one of the encodings that are read. */
  | 'ENCODING'
  /** The file is larger than 20 MB. */
  | 'FILE_TOO_LARGE'
  /** The input type of a session can never change. */
  | 'INPUT_TYPE_FIXED'
  /** Neither TRUE nor FALSE. */
  | 'INVALID_BOOLEAN'
  /** Not a number written in plain digits. */
  | 'INVALID_NUMBER'
  /** Not a URL or path that this type of input or output takes. */
  | 'INVALID_URL'
  /** The value breaks another rule, which the message names. */
  | 'INVALID_VALUE'
  /** A quote stands where CSV does not allow it, or a row has another number of cells than the header. */
  | 'MALFORMED'
  /** A required column is not in the header. */
  | 'MISSING_HEADER'
  /** A session of this name is already there, letter case aside. */
  | 'NAME_EXISTS'
  /** The cell is filled in, and its column does not apply to the row's types or settings. */
  | 'NOT_APPLICABLE'
  /** A number within its range that is not a multiple of what the message names. */
  | 'NOT_A_MULTIPLE'
  /** A number outside of the range that the message names. */
  | 'OUT_OF_RANGE'
  /** The cell is empty, and the rest of the row makes it necessary. */
  | 'REQUIRED'
  /** The change needs the session to be STOPPED. */
  | 'SESSION_NOT_STOPPED'
  /** There is no template of this name; the message names the nearest one. */
  | 'TEMPLATE_NOT_FOUND'
  /** The text is longer than the message says. */
  | 'TOO_LONG'
  /** The file has more than 20,000 rows of sessions. */
  | 'TOO_MANY_ROWS'
  /** The header has a column that the format does not know, or one without a name. */
  | 'UNKNOWN_HEADER'
  /** No such input or output type; the message names the nearest one. */
  | 'UNKNOWN_TYPE'
  /** An input or output type that sessions may have, but not by CSV. */
  | 'UNSUPPORTED_TYPE'
  /** Another number of URLs than the output takes, for most types one for each rendition of the template. */
  | 'URL_COUNT'
  /** A URL whose scheme, host, address or option, or a path that this installation does not allow. */
  | 'URL_NOT_ALLOWED';

/** Assets to be deleted with their files, all or none. */
export type DeleteAssetsInput = {
  /** The ids of the assets, at most 1,000, each once. */
  ids: Array<string | number>;
};

/** Templates to delete, all or none. */
export type DeleteTemplatesInput = {
  /** The templates' ids, 1 to 100. One in use is refused with TEMPLATE_IN_USE. */
  ids: Array<string | number>;
};

/** Webhooks to delete, all or none. */
export type DeleteWebhooksInput = {
  /** The webhooks' ids, 1 to 100. */
  ids: Array<string | number>;
};

/** What was asked for. It survives restarts of gateways and encoders. */
export type DesiredStatus =
  /** The session is wanted to be on; encoders try for ever, except after FAILED. */
  | 'RUNNING'
  /** The session is wanted to be off. */
  | 'STOPPED';

/** Whether an encoder takes sessions. */
export type EncoderStatus =
  /** It keeps the sessions that it has and takes no new ones. */
  | 'DRAINING'
  /** It has not been heard of for a lease time; its sessions are taken over by others. */
  | 'LOST'
  /** It takes sessions while it has room. */
  | 'ONLINE';

/** Who may watch an event. */
export type EventAccess =
  /** Whoever has its link and enters its code. */
  | 'ACCESS_CODE'
  /** Whoever has its link. */
  | 'PUBLIC';

/** A language of an event. Senders of its signals push by RTMP, RTMPS or encrypted SRT, each by what it likes. */
export type EventLanguageInput = {
  /** Whether there is a backup signal. */
  backupEnabled?: boolean | null | undefined;
  /** A tag of BCP 47, such as de or pt-BR; unique in the event. */
  code: string;
  /** What attendees choose it by; 1 to 200 characters. */
  label: string;
  /** The template that its signal is encoded by. */
  templateId: string | number;
};

/** What an event is. From ENDED there is no way back to LIVE. */
export type EventStatus =
  /** Over, for ever. */
  | 'ENDED'
  /** On air, for everybody who may watch. */
  | 'LIVE'
  /** Over, and its recording can be watched. */
  | 'ON_DEMAND'
  /** Made, and not live yet; its ingests listen, so that both signals can be connected and previewed. */
  | 'SCHEDULED'
  /** Encoded for its operator alone: nothing is public, counted or recorded. */
  | 'TESTING';

/** When an input leaves path A, and how it comes back. Needs a URL for path B. */
export type FailoverInput = {
  /** Fail over when more than this percentage of packets is lost in 30 seconds: 0.01 to 100. Null: only when path A is gone. */
  errorThresholdPercent?: number | null | undefined;
  /** Seconds between attempts to go back to path A, 120 or more; -1 remains on path B. */
  recoveryIntervalSeconds: number;
};

/** The container of a file output. */
export type FileFormat =
  /** Matroska, which stays readable when it was cut off in the middle. */
  | 'MKV'
  /** MP4, fragmented, so that an interrupted file still plays. */
  | 'MP4';

/** How well it goes, beside the status. */
export type Health =
  /** Viewers or receivers do not get what they should, such as after a loss of input. */
  | 'ERROR'
  /** Nothing wrong is known. */
  | 'OK'
  /** It works, and something wants to be looked at. */
  | 'WARNING';

/** What a call that describes many sessions does with those that are already there. */
export type ImportMode =
  /** Refuses them: every row or item is a new session. */
  | 'CREATE'
  /** Edits the session where it differs. A row of CSV means the session of its name, an item of `createSessions` that of its externalId where it gives one, else that of its name; playbacks are matched by their names, and those that are not listed go. A column or field that is left out leaves its value as it is, an empty cell or null clears it, but secrets that are empty, null or masked stay. What an edit of the input or the outputs is needs the session to be STOPPED; their types can never change. */
  | 'UPSERT';

/** What became of one described session. */
export type ImportOutcome =
  /** It was created. */
  | 'CREATED'
  /** One was there and was already like this. */
  | 'UNCHANGED'
  /** One was there and was changed. */
  | 'UPDATED';

/** A CSV file of sessions to create or change, all of them or none. */
export type ImportSessionsCsvInput = {
  /** The file's text: a header row and one row for each session, separated by commas, semicolons or tabs; at most what a request of 1 MB holds. Exactly one of `csv` and `file`. */
  csv?: string | null | undefined;
  /** Check everything and write nothing. */
  dryRun?: boolean | null | undefined;
  /** The file as an upload, of at most 20 MB and 20,000 rows of sessions: UTF-8, or UTF-16 with a byte order mark. Exactly one of `csv` and `file`. */
  file?: File | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. A rejected file is not kept. */
  idempotencyKey?: string | null | undefined;
  /** What becomes of rows whose name a session already has; left out: CREATE. */
  mode?: ImportMode | null | undefined;
  /** The region that the sessions are put in; left out: the installation's own. */
  region?: string | null | undefined;
};

/** How a signal may be pushed. */
export type IngestProtocol =
  /** RTMP: server URL and stream key. */
  | 'RTMP'
  /** RTMP over TLS: server URL and stream key. */
  | 'RTMPS'
  /** SRT as caller: the stream key is the stream ID, and the passphrase encrypts. */
  | 'SRT';

/** Which of the two signals of a language. */
export type IngestRole =
  /** Takes over by itself when the primary is lost, and the other way round. */
  | 'BACKUP'
  /** The main signal, taken whenever it is there. */
  | 'PRIMARY';

/** What a signal is seen to do. */
export type IngestState =
  /** The signal arrives. */
  | 'CONNECTED'
  /** It arrived before, and does not now. */
  | 'LOST'
  /** The language has no backup. */
  | 'NOT_CONFIGURED'
  /** Nothing has arrived yet. */
  | 'WAITING';

/** One of the two paths of an input. */
export type InputPath =
  /** The primary path; every start begins on it. */
  | 'A'
  /** The backup path. */
  | 'B';

/** Where a session's signal comes from. It can never change. */
export type InputType =
  /** A capture card of the encoder's machine. Not supported by CSV. */
  | 'CAPTURE_CARD'
  /** A DASH manifest that we fetch. */
  | 'DASH_PULL'
  /** An HLS playlist that we fetch. */
  | 'HLS_PULL'
  /** MPEG-TS over UDP multicast, with an optional second path to fail over to. */
  | 'MULTICAST_PULL'
  /** An RTMP server that we connect to. Not supported by CSV. */
  | 'RTMP_PULL'
  /** A sender publishes to us over RTMP, with a stream key. */
  | 'RTMP_PUSH'
  /** MPEG-TS over RTP. */
  | 'RTP_PULL'
  /** An RTSP server that we connect to. */
  | 'RTSP_PULL'
  /** An SRT listener that we call. */
  | 'SRT_PULL'
  /** A sender calls us over SRT, with a stream key and optional encryption. */
  | 'SRT_PUSH';

/** What attendees may write. */
export type MessagingMode =
  /** Messages that all attendees see at once. */
  | 'CHAT'
  /** Attendees write nothing. */
  | 'DISABLED'
  /** Questions that moderators see first, and attendees once they are approved. */
  | 'MODERATED_QA';

/** What became of one thing asked for. */
export type Outcome =
  /** Recorded as wanted; what then happens is pushed by `sessionChanges`. */
  | 'ACCEPTED'
  /** Refused; the error says why. */
  | 'FAILED'
  /** Left alone, since it is already so or its status does not allow it; the error says which. */
  | 'SKIPPED';

/** Where a playback's output goes. It can never change. */
export type OutputType =
  /** A playout card of the encoder's machine. Not supported by CSV. */
  | 'CAPTURE_CARD'
  /** CMAF that we upload below one base URL. */
  | 'CMAF_PUSH'
  /** Files on the encoder's machine, below its configured directory. */
  | 'FILE'
  /** HLS, DASH or both, served from here to players. */
  | 'HTTP'
  /** AWS Elemental MediaPackage v2. Not supported by CSV. */
  | 'MEDIAPACKAGE_V2'
  /** MPEG-TS over UDP multicast, one group for each rendition. */
  | 'MULTICAST'
  /** FLV that we publish to RTMP servers, one URL for each rendition. */
  | 'RTMP_PUSH'
  /** MPEG-TS that we send to SRT listeners, one for each rendition. */
  | 'SRT_PUSH'
  /** WebRTC by WHIP. Not supported by CSV. */
  | 'WHIP';

/** A feature that an organization was given by the operator of the installation. */
export type Package =
  /** Produced shows with test mode, backup ingest, questions and slides. */
  | 'EVENTS'
  /** Recordings, thumbnails, motion clips and replays of sessions. */
  | 'LIVE_PROCESSING';

/** A new output of a session. */
export type PlaybackInput = {
  /** For HTTP: serve DASH. HTTP needs HLS or DASH. Off when left out. */
  dashEnabled?: boolean | null | undefined;
  /** For FILE, which needs it: the container. */
  fileFormat?: FileFormat | null | undefined;
  /** For HTTP: serve HLS. HTTP needs HLS or DASH. Off when left out. */
  hlsEnabled?: boolean | null | undefined;
  /** For FILE: begin a new file after so many seconds, a multiple of 300 from 300 to 43200; null: one file for each run. */
  maxFileDurationSeconds?: number | null | undefined;
  /** Name, unique in the session whatever its letter case; at most 200 characters. */
  name: string;
  /** For MULTICAST and SRT_PUSH: the MPEG-TS program number, 1 to 65535. */
  programNumber?: number | null | undefined;
  /** For MULTICAST and SRT_PUSH: the service provider name, at most 100 characters. */
  serviceProvider?: string | null | undefined;
  /** The template to encode with; left out: the organization's default one. */
  templateId?: string | number | null | undefined;
  /** The kind of output; it can never change. */
  type: OutputType;
  /** One URL for each rendition of the template; CMAF_PUSH one base URL; FILE one path relative to the encoder's directory for files; HTTP none. */
  urls?: Array<string> | null | undefined;
};

/** Changes to a playback: a field left out stays as it is, null clears it where it may be empty. The type can never change. */
export type PlaybackPatch = {
  /** For HTTP: serve DASH. HTTP needs HLS or DASH. Off when left out. */
  dashEnabled?: boolean | null | undefined;
  /** For FILE, which needs it: the container. */
  fileFormat?: FileFormat | null | undefined;
  /** For HTTP: serve HLS. HTTP needs HLS or DASH. Off when left out. */
  hlsEnabled?: boolean | null | undefined;
  /** For FILE: begin a new file after so many seconds, a multiple of 300 from 300 to 43200; null: one file for each run. */
  maxFileDurationSeconds?: number | null | undefined;
  /** A new name, unique among the outputs of its session; left out: as it is. */
  name?: string | null | undefined;
  /** For MULTICAST and SRT_PUSH: the MPEG-TS program number, 1 to 65535. */
  programNumber?: number | null | undefined;
  /** For MULTICAST and SRT_PUSH: the service provider name, at most 100 characters. */
  serviceProvider?: string | null | undefined;
  /** Another template, whose ladder it is from the next start on; left out: as it is. */
  templateId?: string | number | null | undefined;
  /** One URL for each rendition of the template; CMAF_PUSH one base URL; FILE one path relative to the encoder's directory for files; HTTP none. */
  urls?: Array<string> | null | undefined;
};

/** What is made live of one rendition of a session. */
export type ProcessKind =
  /** A short silent film of 1 to 60 seconds, anew at every interval of 10 to 3600 seconds, always at the same address. */
  | 'MOTION_CLIP'
  /** One file for each run of the session, at most as long as its duration; ready once the run has ended. */
  | 'RECORDING'
  /** An HLS playlist for each run, which can be watched while the session runs and afterwards. */
  | 'REPLAY'
  /** A still picture, anew at every interval of 10 to 3600 seconds, always at the same address. */
  | 'THUMBNAIL';

/** What one kind of process is to be on some renditions of a session, or on all of them. */
export type ProcessSettingsInput = {
  /** For MOTION_CLIP, which needs it: its length, 1 to 60 seconds and not above the interval. For RECORDING and REPLAY: most length, 1 second or more, null for the entire stream. Left out: as it is already. */
  durationSeconds?: number | null | undefined;
  /** Seconds between two contents, 10 to 3600, for THUMBNAIL and MOTION_CLIP, which need it. Left out: as it is already. */
  intervalSeconds?: number | null | undefined;
  /** Whether it is made at all. */
  isEnabled: boolean;
  /** Which process. */
  kind: ProcessKind;
  /** Apply the setting to every rendition of every playback of the session; without targets alone. */
  sync?: boolean | null | undefined;
  /** The renditions, at most 400. Left out: every rendition of every playback, which wants sync. */
  targets?: Array<ProcessTargetInput> | null | undefined;
};

/** One rendition of one playback. */
export type ProcessTargetInput = {
  /** The playback's id; this or its name has to be given. */
  playbackId?: string | number | null | undefined;
  /** The playback's name in the session, in any letter case; for a playback that the same mutation creates. */
  playbackName?: string | null | undefined;
  /** The rendition, one of the playback's template. */
  renditionId: string | number;
};

/** What became of a question. */
export type QuestionStatus =
  /** Seen by all attendees, and answered, in the show or by a reply. */
  | 'ANSWERED'
  /** Seen by all attendees, who may vote for it. */
  | 'APPROVED'
  /** Seen by its author and by moderators alone. */
  | 'DECLINED'
  /** Seen by its author and by moderators alone. */
  | 'NEW';

/** What a remap rule does with the streams it is about. */
export type RemapMode =
  /** The stream is left out. */
  | 'DROP'
  /** The stream is kept as it is. */
  | 'PASSTHROUGH'
  /** The stream is kept and put at the rule's place. */
  | 'REMAP';

/** One rule of a stream remap, for MULTICAST_PULL inputs. */
export type RemapRuleInput = {
  /** The language of the stream, two or three letters, or `any`. */
  language: string;
  /** What becomes of the stream. */
  mode: RemapMode;
  /** Rules are applied from the lowest number up; 0 to 1000. */
  priority: number;
  /** The kind of stream that the rule is about. */
  type: RemapType;
};

/** The kind of elementary stream that a remap rule is about. */
export type RemapType =
  /** A stream of sound, such as one language. */
  | 'AUDIO'
  /** Anything else, such as SCTE-35. */
  | 'DATA'
  /** Subtitles or captions carried as a stream. */
  | 'SUBTITLE'
  /** A stream of pictures. */
  | 'VIDEO';

/** Outputs to take off a stopped session, all or none. One has to remain. */
export type RemovePlaybacksInput = {
  /** Refuse with VERSION_CONFLICT when the session is not at this version any more; null: whatever its version. */
  expectedVersion?: number | null | undefined;
  /** The playbacks to remove. */
  ids: Array<string | number>;
  /** The id of the session. */
  sessionId: string | number;
};

/** Processes to take off their sessions, all or none. */
export type RemoveProcessesInput = {
  /** The ids of the processes, at most 1,000, each once. */
  ids: Array<string | number>;
};

/** One step of a ladder. A passthrough rendition names nothing but itself; any other names everything. */
export type RenditionInput = {
  /** Audio bitrate in kbit/s, 16 to 512. */
  audioBitrateKbps?: number | null | undefined;
  /** Codec of the sound. */
  audioCodec?: AudioCodec | null | undefined;
  /** Frames per second, 1 to 120; never raised above the input's. */
  frameRate?: number | null | undefined;
  /** Height of the pictures in pixels, 16 to 8192, even. */
  height?: number | null | undefined;
  /** Keeps the rendition of this id through an update, with the processes on it; left out, a new one is made. */
  id?: string | number | null | undefined;
  /** Whether to pass the input on as it comes. */
  isPassthrough?: boolean | null | undefined;
  /** Name, unique in the template whatever its letter case; 1 to 200 characters. */
  name: string;
  /** Video bitrate in kbit/s, 100 to 100000. */
  videoBitrateKbps?: number | null | undefined;
  /** Codec of the pictures. */
  videoCodec?: VideoCodec | null | undefined;
  /** Width of the pictures in pixels, 16 to 8192, even. */
  width?: number | null | undefined;
};

/** What to send to an enabled webhook once more: deliveries, or all after a cursor. */
export type ResendWebhookInput = {
  /** All changes of its kinds after this position, and possibly a few of just before, each under the id that it was sent with: the replay of an outage. Of a position that is older than what is kept log.lagged is sent first. */
  after?: string | null | undefined;
  /** Deliveries of it by their ids, at most 1,000, whatever became of them. */
  deliveryIds?: Array<string | number> | null | undefined;
  /** The id of the webhook. */
  id: string | number;
};

/** Sessions to restart, all at once or rolling. */
export type RestartSessionsInput = {
  /** Tell what would happen to each, for a confirm dialog, and do nothing. */
  dryRun?: boolean | null | undefined;
  /** How many sessions the dialog showed: when the selection now means another number, COUNT_CHANGED and nothing is done. */
  expectedCount?: number | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** Restart at most so many at a time, 1 to 1000; null: all at once. */
  maxConcurrent?: number | null | undefined;
  /** Which sessions. */
  selection: SessionSelection;
};

/** A secret to be given out. */
export type RevealSecretInput = {
  /** The id of a Secret. */
  id: string | number;
};

/** API keys to end, all or none. */
export type RevokeApiKeysInput = {
  /** The keys' ids, 1 to 100. */
  ids: Array<string | number>;
};

/** A secret of a stopped session, or the address of a thumbnail or motion clip, to be replaced. */
export type RotateSecretInput = {
  /** The id of a Secret, or of a Process that is a thumbnail or motion clip; it stays. */
  id: string | number;
  /** The new stream key (8 to 128 letters, digits, dots, hyphens, underscores or tildes) or SRT passphrase (10 to 79 printable ASCII characters); null or left out: one is generated. The address of a process is always generated. */
  value?: string | null | undefined;
};

/** One thing to do to many sessions. */
export type SessionBulkInput = {
  /** Tell what would happen to each, for a confirm dialog, and do nothing. */
  dryRun?: boolean | null | undefined;
  /** How many sessions the dialog showed: when the selection now means another number, COUNT_CHANGED and nothing is done. */
  expectedCount?: number | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** Which sessions. */
  selection: SessionSelection;
};

/** Which sessions are meant: a field left out says nothing, several fields must all hold, and within a list any of them. `{}` means all. */
export type SessionFilter = {
  /** All but these, for `select all` with some taken off. */
  excludeIds?: Array<string | number> | null | undefined;
  /** Sessions with one of these keys of your own system. */
  externalIds?: Array<string> | null | undefined;
  /** Whether the session feeds a language of an event. */
  hasEvent?: boolean | null | undefined;
  /** True: sessions with an open alert; false: those without. */
  hasOpenAlert?: boolean | null | undefined;
  /** Sessions that run and of which something was edited that waits for a restart; false: all others. */
  hasPendingChanges?: boolean | null | undefined;
  /** Sessions of one of these healths. */
  health?: Array<Health> | null | undefined;
  /** Sessions with one of these ids. */
  ids?: Array<string | number> | null | undefined;
  /** Sessions with one of these kinds of input. */
  inputType?: Array<InputType> | null | undefined;
  /** Sessions that carry one of these labels. */
  labels?: Array<string> | null | undefined;
  /** Sessions with one of these names, letter case aside. */
  names?: Array<string> | null | undefined;
  /** Sessions in whose name, description, stream id, external id or labels this text stands, letter case aside; at most 200 characters. */
  search?: string | null | undefined;
  /** Sessions in one of these statuses. */
  status?: Array<SessionStatus> | null | undefined;
  /** Sessions with one of these stream ids. */
  streamIds?: Array<string> | null | undefined;
  /** Sessions with a playback that uses this template. */
  templateId?: string | number | null | undefined;
};

/** How a list of sessions is ordered; ties are broken by id. */
export type SessionOrder =
  /** By when they were created. */
  | 'CREATED_AT'
  /** By health, worst first: ERROR, WARNING, OK. */
  | 'HEALTH'
  /** By name, letter case and accents aside, numbers by value: Channel 2 stands before Channel 10. */
  | 'NAME'
  /** By status, what wants attention first: FAILED, STARTING, WAITING, STOPPING, RUNNING, STOPPED. */
  | 'STATUS'
  /** By when the status last changed. */
  | 'STATUS_CHANGED_AT';

/** Exactly one of ids and filter: the check boxes, or `select all` that match. At most 10,000 sessions. */
export type SessionSelection =
  {   /** All sessions that the filter means, answered by name. */
  filter: SessionFilter; ids?: never; }
  |  { filter?: never;   /** These sessions, answered in this order. */
  ids: Array<string | number>; };

/** Where a session's signal comes from. */
export type SessionSourceInput = {
  /** For push inputs: the stream key to expect, 8 to 128 letters, digits, dots, hyphens, underscores or tildes; null: generated. */
  customStreamKey?: string | null | undefined;
  /** How to fail over to path B; needs urlB. */
  failover?: FailoverInput | null | undefined;
  /** For HLS_PULL: pass SCTE-35 cue tags on to our HLS output. Off when left out. */
  hlsScte35PassthroughEnabled?: boolean | null | undefined;
  /** For SRT_PUSH: whether senders have to encrypt. Off when left out. */
  srtEncryptionEnabled?: boolean | null | undefined;
  /** For SRT_PUSH with encryption: the passphrase, 10 to 79 printable ASCII characters; null: generated. */
  srtPassphrase?: string | null | undefined;
  /** The kind of input; it can never change. */
  type: InputType;
  /** The URL of path A, for pull inputs, which need it; push inputs refuse it. */
  urlA?: string | null | undefined;
  /** The URL of path B, for MULTICAST_PULL alone; its presence turns failover on, with 120 seconds when no failover is given. */
  urlB?: string | null | undefined;
};

/** Changes to an input: a field left out stays as it is, null clears it. The type can never change. */
export type SessionSourcePatch = {
  /** For push inputs: the stream key to expect, 8 to 128 letters, digits, dots, hyphens, underscores or tildes; null: generated. */
  customStreamKey?: string | null | undefined;
  /** How to fail over to path B; needs urlB. */
  failover?: FailoverInput | null | undefined;
  /** For HLS_PULL: pass SCTE-35 cue tags on to our HLS output. Off when left out. */
  hlsScte35PassthroughEnabled?: boolean | null | undefined;
  /** For SRT_PUSH: whether senders have to encrypt. Off when left out. */
  srtEncryptionEnabled?: boolean | null | undefined;
  /** For SRT_PUSH with encryption: the passphrase, 10 to 79 printable ASCII characters; null: generated. */
  srtPassphrase?: string | null | undefined;
  /** The URL of path A, for pull inputs, which need it; push inputs refuse it. */
  urlA?: string | null | undefined;
  /** The URL of path B, for MULTICAST_PULL alone; its presence turns failover on, with 120 seconds when no failover is given. */
  urlB?: string | null | undefined;
};

/** What a session or playback is observed to do, kept apart from what was asked for. */
export type SessionStatus =
  /** The encoder gave up; statusReason says why. Start it again or delete it. */
  | 'FAILED'
  /** Output exists. It stays RUNNING through a loss of input, with health ERROR. */
  | 'RUNNING'
  /** A start was recorded; an encoder is being found or made ready. statusReason says what it waits for. */
  | 'STARTING'
  /** Nothing runs and nothing is wanted to. */
  | 'STOPPED'
  /** A stop or restart was recorded; the encoder is ending. */
  | 'STOPPING'
  /** Started, the encoder is ready, and no input has arrived yet. */
  | 'WAITING';

/** An asset to be opened to whoever has its share URL, or to nobody any more. */
export type ShareAssetInput = {
  /** When the share ends by itself, in the future; null: when it is withdrawn. */
  expiresAt?: string | null | undefined;
  /** The id of the asset. */
  id: string | number;
  /** Whether it is shared. Shared again, it keeps its URL; false withdraws the URL for good, and another share has another one. */
  isShared: boolean;
};

/** Which end of an order comes first. */
export type SortDirection =
  /** As the order's description says. */
  | 'ASC'
  /** The other way round. */
  | 'DESC';

/** Sessions whose input is to come from one of its paths. */
export type SwitchSessionInputsInput = {
  /** Tell what would happen to each, for a confirm dialog, and do nothing. */
  dryRun?: boolean | null | undefined;
  /** How many sessions the dialog showed: when the selection now means another number, COUNT_CHANGED and nothing is done. */
  expectedCount?: number | null | undefined;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** Which sessions. */
  selection: SessionSelection;
  /** The path to switch to. */
  toPath: InputPath;
};

/** Changes to an output of a stopped session. */
export type UpdatePlaybackInput = {
  /** Refuse with VERSION_CONFLICT when the session is not at this version any more; null: whatever its version. */
  expectedVersion?: number | null | undefined;
  /** The playback. */
  id: string | number;
  /** What changes. */
  playback: PlaybackPatch;
};

/** Changes to a session: a field left out stays as it is, null clears it where it may be empty. The source, slates and remap need the session STOPPED; the others do not. */
export type UpdateSessionInput = {
  /** Another picture that stands for it: a PNG, JPEG or WebP picture of at most 5 MB, 16 to 4,096 pixels a side and 16 million in all. Null: none. */
  coverImage?: File | null | undefined;
  /** A new description. */
  description?: string | null | undefined;
  /** Refuse with VERSION_CONFLICT when the session is not at this version any more; null: whatever its version. */
  expectedVersion?: number | null | undefined;
  /** Another key of your own system. */
  externalId?: string | null | undefined;
  /** The id of the session. */
  id: string | number;
  /** At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. Null: no such guard. */
  idempotencyKey?: string | null | undefined;
  /** All labels, instead of those there are. */
  labels?: Array<string> | null | undefined;
  /** A new name, unique in the organization; left out: as it is. */
  name?: string | null | undefined;
  /** Another picture for its slate: a PNG, JPEG or WebP picture of at most 5 MB, 16 to 4,096 pixels a side and 16 million in all. Null: the default one. */
  slateImage?: File | null | undefined;
  /** Whether a slate is shown by itself when the input is lost. */
  slatesEnabled?: boolean | null | undefined;
  /** Changes to the input. */
  source?: SessionSourcePatch | null | undefined;
  /** All remap rules, instead of those there are. */
  streamRemap?: Array<RemapRuleInput> | null | undefined;
};

/** Changes of a template. A field left out stays as it is, null clears it. Running sessions keep what they started with. */
export type UpdateTemplateInput = {
  /** New description; null clears it. */
  description?: string | null | undefined;
  /** The version that the caller read: another one is refused with VERSION_CONFLICT. */
  expectedVersion?: number | null | undefined;
  /** The template's id. */
  id: string | number;
  /** Whether it is the default, in place of the one before. */
  isDefault?: boolean | null | undefined;
  /** New name, unique in the organization. */
  name?: string | null | undefined;
  /** The whole ladder as it should be: renditions whose id is left out are new, those not named are removed. */
  renditions?: Array<RenditionInput> | null | undefined;
};

/** Changes to a webhook: what is left out stays as it is. */
export type UpdateWebhookInput = {
  /** The id of the webhook. */
  id: string | number;
  /** Whether anything is sent; true also has what waits tried anew at full speed. */
  isEnabled?: boolean | null | undefined;
  /** Which changes are sent. The kinds are session.created, session.updated, session.status_changed, session.alerts_changed, session.deleted, template.created, template.updated, template.deleted, alert.raised, alert.repeated, alert.acknowledged, alert.ended, process.created, process.updated, process.status_changed, process.deleted, asset.created, asset.updated, asset.status_changed, asset.deleted, event.created, event.updated, event.status_changed, event.deleted, question.created, question.updated, question.status_changed, chat_message.created, chat_message.deleted, log.lagged. log.lagged is sent whatever stands here. What waits to be sent is sent still. */
  kinds?: Array<string> | null | undefined;
  /** Where messages are posted: http:// or https://, to an address that inputs may have. It is looked up and checked anew for every message; redirects are not followed. What waits to be sent goes there too. */
  url?: string | null | undefined;
};

/** Why something that was asked for was not done. A closed list; a new value is announced in schema/CHANGES.md. */
export type UserErrorCode =
  /** The credential's access level does not include this; the message names the level that does. */
  | 'ACCESS_LEVEL_REQUIRED'
  /** Already as asked for, such as a start of a running session; a retrying script counts it as success. */
  | 'ALREADY_IN_STATE'
  /** The backup ingest cannot be configured once the event is live. */
  | 'BACKUP_LOCKED'
  /** The action has consequences that want to be confirmed in the input first. */
  | 'CONFIRMATION_REQUIRED'
  /** The filter now matches another number of objects than expectedCount; nothing was done. */
  | 'COUNT_CHANGED'
  /** Rows of the file were refused; the payload's errors name each of them, and nothing was created. */
  | 'CSV_INVALID'
  /** The same id stands more than once in one call. */
  | 'DUPLICATE_ID'
  /** Another object of the organization has this name; letter case and surrounding blanks do not count. */
  | 'DUPLICATE_NAME'
  /** The event has ended, and an ended event never goes live again. */
  | 'EVENT_ENDED'
  /** This input type has no second path to fail over to. */
  | 'FAILOVER_NOT_SUPPORTED'
  /** The file is larger than one import or upload takes. */
  | 'FILE_TOO_LARGE'
  /** The idempotency key was already used with another input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The object's present status does not allow this, such as editing the input of a running session. */
  | 'INVALID_STATE'
  /** A value breaks a rule that its message names, such as a range, a length or a format. */
  | 'INVALID_VALUE'
  /** A session that has playbacks keeps at least one of them. */
  | 'LAST_PLAYBACK'
  /** The event takes no questions or messages in its present messaging mode. */
  | 'MESSAGING_DISABLED'
  /** The value does not belong to this type of input, output or rendition. */
  | 'NOT_APPLICABLE'
  /** No such object in your organization: it was deleted, never existed, or belongs to somebody else. */
  | 'NOT_FOUND'
  /** The action is possible only while the event is live. */
  | 'NOT_LIVE'
  /** No ingest is connected, neither the primary nor the backup. */
  | 'NO_INGEST'
  /** A session without any playback cannot be started. */
  | 'NO_PLAYBACK'
  /** The event is over and cannot be watched on demand: nothing was recorded, or it was deleted. */
  | 'NO_RECORDING'
  /** The organization does not have the package that this feature belongs to. */
  | 'PACKAGE_REQUIRED'
  /** A value is missing that the rest of the input makes necessary. */
  | 'REQUIRED'
  /** Playbacks still use the template, so that it cannot be deleted. */
  | 'TEMPLATE_IN_USE'
  /** More items than one call takes; the message names the limit. */
  | 'TOO_MANY_ITEMS'
  /** The file has more rows than one import takes. */
  | 'TOO_MANY_ROWS'
  /** Encoders are online, and none of them can run this type; the message says what is missing. */
  | 'UNSUPPORTED_BY_ENCODER'
  /** The output wants another number of URLs, for most types one per rendition of the template. */
  | 'URL_COUNT'
  /** The URL's scheme, host, address or path is not one that this installation may use. */
  | 'URL_NOT_ALLOWED'
  /** The session belongs to an event and is acted on through that event alone. */
  | 'USED_BY_EVENT'
  /** The object was changed since the expectedVersion that was given; read it again before writing. */
  | 'VERSION_CONFLICT';

/** What a caller can ask for, as it stands in a session's last command and in the audit. */
export type Verb =
  /** Look after open alerts, and snooze them. */
  | 'ACKNOWLEDGE_ALERTS'
  /** Take back what was to be done at a time. */
  | 'CANCEL'
  /** Clear open alerts. */
  | 'CLEAR_ALERTS'
  /** Configure live processing. */
  | 'CONFIGURE'
  /** Create an object. */
  | 'CREATE'
  /** Delete stopped sessions. */
  | 'DELETE'
  /** Take an event live. */
  | 'GO_LIVE'
  /** Hide the slate. */
  | 'HIDE_SLATE'
  /** Create sessions from a CSV file. */
  | 'IMPORT'
  /** Moderate questions or messages. */
  | 'MODERATE'
  /** Restart running sessions. */
  | 'RESTART'
  /** Read a secret in clear. */
  | 'REVEAL_SECRET'
  /** Replace a secret. */
  | 'ROTATE_SECRET'
  /** Have something done at a time. */
  | 'SCHEDULE'
  /** Show the slate. */
  | 'SHOW_SLATE'
  /** Start sessions. */
  | 'START'
  /** Start the test of an event. */
  | 'START_TEST'
  /** Stop sessions. */
  | 'STOP'
  /** End an event for good. */
  | 'STOP_EVENT'
  /** Stop the test of an event. */
  | 'STOP_TEST'
  /** Switch to the other input path. */
  | 'SWITCH_INPUT'
  /** Change an object. */
  | 'UPDATE';

/** What pictures are encoded to. Not every output carries every codec, and not every encoder has each. */
export type VideoCodec =
  /** AV1: the best pictures at the same bitrate, and the most work to encode; not in MPEG-TS or over RTMP. */
  | 'AV1'
  /** H.264, which every player and output takes. */
  | 'H264'
  /** H.265 (HEVC): better pictures at the same bitrate; not over RTMP. */
  | 'H265';

/** What became of a message to a webhook. */
export type WebhookDeliveryStatus =
  /** The receiver took it: it answered with a status from 200 to 299. */
  | 'DELIVERED'
  /** It was not taken in 72 hours, and is not sent again by itself. `resendWebhook` sends it. */
  | 'FAILED'
  /** It was not sent yet, or is on its way for the first time. */
  | 'PENDING'
  /** It was sent and not taken, and is sent again: after 5 seconds, then three times as long each time, 8 hours at most. */
  | 'RETRYING';

export type WhoAmIQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoAmIQuery = { caller: { accessLevel: AccessLevel, actor: string, canIntrospect: boolean, organization: { id: string, name: string, packages: Array<Package>, assetRetentionDays: number | null, assetGigabytes: number | null } } };

export type RateLimitQueryVariables = Exact<{ [key: string]: never; }>;


export type RateLimitQuery = { rateLimit: { limit: number, remaining: number, resetAt: string, cost: number } | null };

export type ApiKeyRowFragment = { id: string, name: string, accessLevel: AccessLevel, canIntrospect: boolean, prefix: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null };

export type ApiKeysQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ApiKeysQuery = { apiKeys: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, name: string, accessLevel: AccessLevel, canIntrospect: boolean, prefix: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null }> } };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { createApiKey: { key: string | null, apiKey: { id: string, name: string, accessLevel: AccessLevel, canIntrospect: boolean, prefix: string, createdAt: string, expiresAt: string | null, lastUsedAt: string | null } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type RevokeApiKeysMutationVariables = Exact<{
  input: RevokeApiKeysInput;
}>;


export type RevokeApiKeysMutation = { revokeApiKeys: { deletedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type AuditEntriesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  objectId?: string | number | null | undefined;
  actor?: string | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
}>;


export type AuditEntriesQuery = { auditEntries: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, at: string, actor: string, ipAddress: string | null, verb: Verb, objectIds: Array<string>, outcome: Outcome, requestId: string }> } };

export type AlertRowFragment = { id: string, code: AlertCode, severity: AlertSeverity, message: string, recommendedAction: string | null, count: number, firstSeenAt: string, lastSeenAt: string, endedAt: string | null, endReason: AlertEndReason | null, clearedBy: string | null, acknowledgedAt: string | null, acknowledgedBy: string | null, snoozedUntil: string | null, note: string | null, sessionName: string | null, session: { id: string, name: string } | null, playback: { id: string, name: string } | null };

export type AlertsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  open?: boolean | null | undefined;
  severity?: AlertSeverity | null | undefined;
  code?: Array<AlertCode> | AlertCode | null | undefined;
  sessions?: SessionFilter | null | undefined;
  eventId?: string | number | null | undefined;
}>;


export type AlertsQuery = { alerts: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, code: AlertCode, severity: AlertSeverity, message: string, recommendedAction: string | null, count: number, firstSeenAt: string, lastSeenAt: string, endedAt: string | null, endReason: AlertEndReason | null, clearedBy: string | null, acknowledgedAt: string | null, acknowledgedBy: string | null, snoozedUntil: string | null, note: string | null, sessionName: string | null, session: { id: string, name: string } | null, playback: { id: string, name: string } | null }> } };

export type SessionAlertsQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  open?: boolean | null | undefined;
}>;


export type SessionAlertsQuery = { sessions: { nodes: Array<{ id: string, name: string, openAlertCount: number, topAlert: { id: string, code: AlertCode, severity: AlertSeverity, message: string } | null, alerts: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, code: AlertCode, severity: AlertSeverity, message: string, count: number, endedAt: string | null }> } }> }, sessionSummary: { total: number, openAlerts: number } };

export type ClearSessionAlertsMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type ClearSessionAlertsMutation = { clearSessionAlerts: { acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ClearAlertsMutationVariables = Exact<{
  input: ClearAlertsInput;
}>;


export type ClearAlertsMutation = { clearAlerts: { alerts: Array<{ id: string, code: AlertCode, severity: AlertSeverity, message: string, recommendedAction: string | null, count: number, firstSeenAt: string, lastSeenAt: string, endedAt: string | null, endReason: AlertEndReason | null, clearedBy: string | null, acknowledgedAt: string | null, acknowledgedBy: string | null, snoozedUntil: string | null, note: string | null, sessionName: string | null, session: { id: string, name: string } | null, playback: { id: string, name: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type AcknowledgeAlertsMutationVariables = Exact<{
  input: AcknowledgeAlertsInput;
}>;


export type AcknowledgeAlertsMutation = { acknowledgeAlerts: { alerts: Array<{ id: string, code: AlertCode, severity: AlertSeverity, message: string, recommendedAction: string | null, count: number, firstSeenAt: string, lastSeenAt: string, endedAt: string | null, endReason: AlertEndReason | null, clearedBy: string | null, acknowledgedAt: string | null, acknowledgedBy: string | null, snoozedUntil: string | null, note: string | null, sessionName: string | null, session: { id: string, name: string } | null, playback: { id: string, name: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type AlertChangesSubscriptionVariables = Exact<{
  severity?: AlertSeverity | null | undefined;
  sessions?: SessionFilter | null | undefined;
  snapshot?: boolean | null | undefined;
  after?: string | null | undefined;
  heartbeatSeconds?: number | null | undefined;
}>;


export type AlertChangesSubscription = { alertChanges: { cursor: string, kind: AlertChangeKind, at: string, alert: { id: string, code: AlertCode, severity: AlertSeverity, message: string, recommendedAction: string | null, count: number, firstSeenAt: string, lastSeenAt: string, endedAt: string | null, endReason: AlertEndReason | null, clearedBy: string | null, acknowledgedAt: string | null, acknowledgedBy: string | null, snoozedUntil: string | null, note: string | null, sessionName: string | null, session: { id: string, name: string } | null, playback: { id: string, name: string } | null } | null } };

export type AssetRowFragment = { id: string, kind: AssetKind, status: AssetStatus, statusReason: string | null, playbackName: string | null, renditionName: string | null, name: string | null, sessionDate: string, fileName: string, contentType: string, url: string | null, captionsUrl: string | null, urlExpiresAt: string | null, bytes: number | null, durationSeconds: number | null, droppedSeconds: number, shareUrl: string | null, shareExpiresAt: string | null, createdAt: string, session: { id: string, name: string } | null, process: { id: string, kind: ProcessKind } | null, run: { id: string, sessionName: string, startedAt: string } };

export type AssetsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  kind?: Array<AssetKind> | AssetKind | null | undefined;
  status?: Array<AssetStatus> | AssetStatus | null | undefined;
  sessionId?: string | number | null | undefined;
  createdFrom?: string | null | undefined;
  createdTo?: string | null | undefined;
}>;


export type AssetsQuery = { assets: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, kind: AssetKind, status: AssetStatus, statusReason: string | null, playbackName: string | null, renditionName: string | null, name: string | null, sessionDate: string, fileName: string, contentType: string, url: string | null, captionsUrl: string | null, urlExpiresAt: string | null, bytes: number | null, durationSeconds: number | null, droppedSeconds: number, shareUrl: string | null, shareExpiresAt: string | null, createdAt: string, session: { id: string, name: string } | null, process: { id: string, kind: ProcessKind } | null, run: { id: string, sessionName: string, startedAt: string } }> } };

export type ProcessAssetsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ProcessAssetsQuery = { node:
    | { id: string, assets: { totalCount: number, nodes: Array<{ id: string, kind: AssetKind, sessionDate: string, url: string | null, shareUrl: string | null }> } }
    | Record<PropertyKey, never>
   | null };

export type CreateClipMutationVariables = Exact<{
  input: CreateClipInput;
}>;


export type CreateClipMutation = { createClip: { asset: { id: string, kind: AssetKind, status: AssetStatus, statusReason: string | null, playbackName: string | null, renditionName: string | null, name: string | null, sessionDate: string, fileName: string, contentType: string, url: string | null, captionsUrl: string | null, urlExpiresAt: string | null, bytes: number | null, durationSeconds: number | null, droppedSeconds: number, shareUrl: string | null, shareExpiresAt: string | null, createdAt: string, session: { id: string, name: string } | null, process: { id: string, kind: ProcessKind } | null, run: { id: string, sessionName: string, startedAt: string } } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ShareAssetMutationVariables = Exact<{
  input: ShareAssetInput;
}>;


export type ShareAssetMutation = { shareAsset: { asset: { id: string, kind: AssetKind, status: AssetStatus, statusReason: string | null, playbackName: string | null, renditionName: string | null, name: string | null, sessionDate: string, fileName: string, contentType: string, url: string | null, captionsUrl: string | null, urlExpiresAt: string | null, bytes: number | null, durationSeconds: number | null, droppedSeconds: number, shareUrl: string | null, shareExpiresAt: string | null, createdAt: string, session: { id: string, name: string } | null, process: { id: string, kind: ProcessKind } | null, run: { id: string, sessionName: string, startedAt: string } } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type DeleteAssetsMutationVariables = Exact<{
  input: DeleteAssetsInput;
}>;


export type DeleteAssetsMutation = { deleteAssets: { deletedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ProcessChangesSubscriptionVariables = Exact<{
  sessionId?: string | number | null | undefined;
  snapshot?: boolean | null | undefined;
  after?: string | null | undefined;
}>;


export type ProcessChangesSubscription = { processChanges: { cursor: string, kind: ChangeKind, at: string, processId: string | null, assetId: string | null, process: { id: string, kind: ProcessKind, isActive: boolean, health: Health } | null, asset: { id: string, kind: AssetKind, status: AssetStatus, url: string | null } | null } };

export type ChangeCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type ChangeCursorQuery = { changeCursor: string };

export type SessionChangesSubscriptionVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  snapshot?: boolean | null | undefined;
  after?: string | null | undefined;
  heartbeatSeconds?: number | null | undefined;
}>;


export type SessionChangesSubscription = { sessionChanges: { cursor: string, kind: ChangeKind, at: string, matches: boolean, sessionId: string | null, status: SessionStatus | null, health: Health | null, actor: string | null, session: { id: string, name: string, status: SessionStatus, health: Health, statusReason: string | null } | null } };

export type ChangesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ChangesQuery = { changes: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ cursor: string, kind: string, at: string, actor: string | null, objectId: string, object:
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
       | null }> } };

export type ChangeDigestQueryVariables = Exact<{
  after: string;
  filter?: SessionFilter | null | undefined;
}>;


export type ChangeDigestQuery = { changeDigest: { cursor: string, isLagged: boolean, alertsRaised: number, sessionCount: number, sessions: Array<{ isNew: boolean, statusBefore: SessionStatus, status: SessionStatus, downSeconds: number, alertsRaised: number, session: { id: string, name: string, status: SessionStatus, health: Health, statusReason: string | null } }>, deletedSessions: Array<{ id: string, name: string }> } };

export type ImportSessionsCsvMutationVariables = Exact<{
  input: ImportSessionsCsvInput;
}>;


export type ImportSessionsCsvMutation = { importSessionsCsv: { imported: boolean, dryRun: boolean, rowCount: number, skippedRowCount: number, errorCount: number, errorsTruncated: boolean, errorCsv: string | null, cursor: string | null, skippedRows: Array<{ row: number, reason: string }>, sessions: Array<{ row: number, name: string, streamId: string | null, outcome: ImportOutcome, changed: Array<string>, session: { id: string, status: SessionStatus } | null }>, errors: Array<{ row: number | null, column: string | null, value: string | null, message: string, code: CsvImportErrorCode }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ExportSessionsCsvQueryVariables = Exact<{
  selection?: SessionSelection | null | undefined;
  includeSecrets?: boolean | null | undefined;
}>;


export type ExportSessionsCsvQuery = { exportSessionsCsv: { filename: string, csv: string, rowCount: number, commentedRowCount: number } };

export type EventQueryVariables = Exact<{
  id: string | number;
}>;


export type EventQuery = { event: { id: string, title: string, status: EventStatus, version: number, recordingEnabled: boolean, limitations: Array<BackupOnlyLimitation>, onDemand: { available: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, goLiveCheck: { allowed: boolean, confirmationRequired: boolean, limitations: Array<BackupOnlyLimitation>, blockers: Array<{ code: UserErrorCode, message: string }> }, languages: Array<{ id: string, code: string, label: string, activeIngest: IngestRole | null, viewerCount: number, hlsUrl: string | null, primary: { id: string, role: IngestRole, state: IngestState, lastSeenAt: string | null, bitrateKbps: number | null, serverAvailable: boolean, endpoints: Array<{ protocol: IngestProtocol, serverUrl: string, streamKey: { id: string, mask: string } | null, srtPassphrase: { id: string, mask: string } | null }> }, backup: { id: string, role: IngestRole, state: IngestState, lastSeenAt: string | null, bitrateKbps: number | null, serverAvailable: boolean, endpoints: Array<{ protocol: IngestProtocol, serverUrl: string, streamKey: { id: string, mask: string } | null, srtPassphrase: { id: string, mask: string } | null }> } }> } | null };

export type SignalFragment = { id: string, role: IngestRole, state: IngestState, lastSeenAt: string | null, bitrateKbps: number | null, serverAvailable: boolean, endpoints: Array<{ protocol: IngestProtocol, serverUrl: string, streamKey: { id: string, mask: string } | null, srtPassphrase: { id: string, mask: string } | null }> };

export type EventSharingQueryVariables = Exact<{
  id: string | number;
}>;


export type EventSharingQuery = { event: { id: string, sharing: { id: string, access: EventAccess, accessCode: string | null, url: string, embedHtml: string } } | null };

export type EventMonitorSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type EventMonitorSubscription = { eventMonitor: { id: string, at: string, status: EventStatus, streamingSeconds: number, viewerCount: number, serverAvailable: boolean, languages: Array<{ code: string, viewerCount: number, primary: IngestState, backup: IngestState, activeIngest: IngestRole | null }> } };

export type CreateEventMutationVariables = Exact<{
  input: CreateEventInput;
}>;


export type CreateEventMutation = { createEvent: { event: { id: string, status: EventStatus } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type StartEventTestMutationVariables = Exact<{
  id: string | number;
}>;


export type StartEventTestMutation = { startEventTest: { event: { id: string, status: EventStatus } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type StopEventTestMutationVariables = Exact<{
  id: string | number;
}>;


export type StopEventTestMutation = { stopEventTest: { event: { id: string, status: EventStatus } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type GoLiveMutationVariables = Exact<{
  id: string | number;
  confirmBackupOnly?: boolean | null | undefined;
}>;


export type GoLiveMutation = { goLive: { event: { id: string, status: EventStatus, limitations: Array<BackupOnlyLimitation> } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type StopEventMutationVariables = Exact<{
  id: string | number;
}>;


export type StopEventMutation = { stopEvent: { event: { id: string, status: EventStatus } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type EventChangesSubscriptionVariables = Exact<{
  ids?: Array<string | number> | string | number | null | undefined;
  snapshot?: boolean | null | undefined;
  after?: string | null | undefined;
}>;


export type EventChangesSubscription = { eventChanges: { cursor: string, kind: ChangeKind, at: string, event: { id: string, title: string, status: EventStatus } | null } };

export type JoinEventMutationVariables = Exact<{
  eventId: string | number;
  accessCode?: string | null | undefined;
  displayName?: string | null | undefined;
}>;


export type JoinEventMutation = { joinEvent: { token: string | null, expiresAt: string | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type PublicEventQueryVariables = Exact<{
  id: string | number;
}>;


export type PublicEventQuery = { publicEvent: { id: string, title: string, details: string | null, status: EventStatus, startsAt: string | null, messagingMode: MessagingMode, languages: Array<{ id: string, code: string, label: string, hlsUrl: string | null, recordings: Array<{ id: string, url: string | null, captionsUrl: string | null, contentType: string, durationSeconds: number | null }> }>, onDemand: { available: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, publishedSlide: { id: string, number: number, imageUrl: string } | null, questions: { nodes: Array<{ id: string, text: string, authorName: string, status: QuestionStatus, upvotes: number, hasUpvoted: boolean, isMine: boolean, replies: Array<{ text: string, authorName: string, at: string }> }> } } | null };

export type SessionDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type SessionDetailsQuery = { session: { description: string | null, region: string, externalId: string | null, labels: Array<string>, openAlertCount: number, csvComment: string | null, id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { ingestUrl: string | null, srtEncryptionEnabled: boolean, hlsScte35PassthroughEnabled: boolean, id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath, streamKey: { id: string, mask: string } | null, srtPassphrase: { id: string, mask: string } | null, failover: { recoveryIntervalSeconds: number, errorThresholdPercent: number | null, nextRecoveryAt: string | null } | null, pathA: { isConnected: boolean, lastSeenAt: string | null }, pathB: { isConnected: boolean, lastSeenAt: string | null } | null }, lastCommand: { verb: Verb, actor: string, at: string } | null, pendingChanges: Array<{ path: Array<string>, before: string | null, after: string | null }>, actions: { id: string, start: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, stop: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, restart: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, switchInput: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, edit: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> }, delete: { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> } }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null };

export type ActionAnswerFragment = { allowed: boolean, blockers: Array<{ code: UserErrorCode, message: string }> };

export type RestartSessionsMutationVariables = Exact<{
  input: RestartSessionsInput;
}>;


export type RestartSessionsMutation = { restartSessions: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type SwitchSessionInputsMutationVariables = Exact<{
  input: SwitchSessionInputsInput;
}>;


export type SwitchSessionInputsMutation = { switchSessionInputs: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ShowSlatesMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type ShowSlatesMutation = { showSlates: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type HideSlatesMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type HideSlatesMutation = { hideSlates: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type RevealSecretMutationVariables = Exact<{
  input: RevealSecretInput;
}>;


export type RevealSecretMutation = { revealSecret: { value: string | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type RotateSecretMutationVariables = Exact<{
  input: RotateSecretInput;
}>;


export type RotateSecretMutation = { rotateSecret: { value: string | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type SessionSummaryChangesSubscriptionVariables = Exact<{
  filter?: SessionFilter | null | undefined;
}>;


export type SessionSummaryChangesSubscription = { sessionSummary: { total: number, openAlerts: number, byStatus: Array<{ status: SessionStatus, count: number }>, byHealth: Array<{ health: Health, count: number }> } };

export type SessionTelemetrySubscriptionVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  everySeconds?: number | null | undefined;
}>;


export type SessionTelemetrySubscription = { sessionTelemetry: { sessionId: string, telemetry: { id: string, at: string, frameRate: number | null, speed: number | null, bitrateKbps: number | null, droppedFrames: number | null, encoder: string | null } } };

export type EncodersQueryVariables = Exact<{ [key: string]: never; }>;


export type EncodersQuery = { regions: Array<{ name: string, isDefault: boolean, capacity: number, running: number }>, encoders: Array<{ id: string, name: string, region: string, status: EncoderStatus, capacity: number, running: number, supportedInputs: Array<InputType>, supportedOutputs: Array<OutputType>, lastSeenAt: string, version: string }> };

export type AddPlaybackMutationVariables = Exact<{
  input: AddPlaybackInput;
}>;


export type AddPlaybackMutation = { addPlayback: { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string>, conflictingId: string | null }> } };

export type UpdatePlaybackMutationVariables = Exact<{
  input: UpdatePlaybackInput;
}>;


export type UpdatePlaybackMutation = { updatePlayback: { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string>, conflictingId: string | null }> } };

export type RemovePlaybacksMutationVariables = Exact<{
  input: RemovePlaybacksInput;
}>;


export type RemovePlaybacksMutation = { removePlaybacks: { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ProcessRowFragment = { id: string, kind: ProcessKind, isEnabled: boolean, isActive: boolean, intervalSeconds: number | null, durationSeconds: number | null, url: string | null, contentVersion: string | null, contentType: string | null, contentAt: string | null, health: Health, statusReason: string | null, pending: { isEnabled: boolean, intervalSeconds: number | null, durationSeconds: number | null } | null, session: { id: string, name: string }, playback: { id: string, name: string }, rendition: { id: string, name: string } };

export type ProcessesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  kind?: ProcessKind | null | undefined;
  sessionId?: string | number | null | undefined;
}>;


export type ProcessesQuery = { processes: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, kind: ProcessKind, isEnabled: boolean, isActive: boolean, intervalSeconds: number | null, durationSeconds: number | null, url: string | null, contentVersion: string | null, contentType: string | null, contentAt: string | null, health: Health, statusReason: string | null, pending: { isEnabled: boolean, intervalSeconds: number | null, durationSeconds: number | null } | null, session: { id: string, name: string }, playback: { id: string, name: string }, rendition: { id: string, name: string } }> } };

export type SessionProcessesQueryVariables = Exact<{
  id: string | number;
}>;


export type SessionProcessesQuery = { session: { id: string, processes: Array<{ id: string, kind: ProcessKind, isEnabled: boolean, isActive: boolean, intervalSeconds: number | null, durationSeconds: number | null, url: string | null, contentVersion: string | null, contentType: string | null, contentAt: string | null, health: Health, statusReason: string | null, pending: { isEnabled: boolean, intervalSeconds: number | null, durationSeconds: number | null } | null, session: { id: string, name: string }, playback: { id: string, name: string }, rendition: { id: string, name: string } }>, pendingChanges: Array<{ path: Array<string>, before: string | null, after: string | null }>, actions: { configureProcesses: { allowed: boolean, blockers: Array<{ code: UserErrorCode }> } } } | null };

export type ConfigureProcessesMutationVariables = Exact<{
  input: ConfigureProcessesInput;
}>;


export type ConfigureProcessesMutation = { configureProcesses: { processes: Array<{ id: string, kind: ProcessKind, isEnabled: boolean, isActive: boolean, intervalSeconds: number | null, durationSeconds: number | null, url: string | null, contentVersion: string | null, contentType: string | null, contentAt: string | null, health: Health, statusReason: string | null, pending: { isEnabled: boolean, intervalSeconds: number | null, durationSeconds: number | null } | null, session: { id: string, name: string }, playback: { id: string, name: string }, rendition: { id: string, name: string } }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type RemoveProcessesMutationVariables = Exact<{
  input: RemoveProcessesInput;
}>;


export type RemoveProcessesMutation = { removeProcesses: { processes: Array<{ id: string, kind: ProcessKind, isEnabled: boolean, isActive: boolean, intervalSeconds: number | null, durationSeconds: number | null, url: string | null, contentVersion: string | null, contentType: string | null, contentAt: string | null, health: Health, statusReason: string | null, pending: { isEnabled: boolean, intervalSeconds: number | null, durationSeconds: number | null } | null, session: { id: string, name: string }, playback: { id: string, name: string }, rendition: { id: string, name: string } }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type InputTypesQueryVariables = Exact<{ [key: string]: never; }>;


export type InputTypesQuery = { inputTypes: Array<{ type: InputType, isPush: boolean, supportsFailover: boolean, supportsRemap: boolean, supportsCsv: boolean, urlSchemes: Array<string>, isRunnable: boolean }> };

export type CsvColumnsQueryVariables = Exact<{ [key: string]: never; }>;


export type CsvColumnsQuery = { csvColumns: Array<{ header: string, isRequired: boolean, appliesTo: string, description: string, example: string | null, inputTypes: Array<InputType> | null, outputTypes: Array<OutputType> | null }> };

export type SessionRowFragment = { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> };

export type SessionsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: SessionFilter | null | undefined;
  orderBy?: SessionOrder | null | undefined;
  direction?: SortDirection | null | undefined;
}>;


export type SessionsQuery = { sessions: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null }, nodes: Array<{ id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> }> } };

export type SessionQueryVariables = Exact<{
  id: string | number;
}>;


export type SessionQuery = { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null };

export type SessionSummaryQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
}>;


export type SessionSummaryQuery = { sessionSummary: { total: number, byStatus: Array<{ status: SessionStatus, count: number }>, byHealth: Array<{ health: Health, count: number }> } };

export type CreateSessionMutationVariables = Exact<{
  input: CreateSessionInput;
}>;


export type CreateSessionMutation = { createSession: { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string>, conflictingId: string | null }> } };

export type UpdateSessionMutationVariables = Exact<{
  input: UpdateSessionInput;
}>;


export type UpdateSessionMutation = { updateSession: { session: { id: string, streamId: string, name: string, status: SessionStatus, desiredStatus: DesiredStatus, health: Health, statusReason: string | null, runningSince: string | null, version: number, source: { id: string, type: InputType, urlA: string | null, urlB: string | null, activePath: InputPath }, playbacks: Array<{ id: string, name: string, type: OutputType, status: SessionStatus, hlsUrl: string | null, dashUrl: string | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string>, conflictingId: string | null }> } };

export type BulkAnswerFragment = { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> };

export type StartSessionsMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type StartSessionsMutation = { startSessions: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type StopSessionsMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type StopSessionsMutation = { stopSessions: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type DeleteSessionsMutationVariables = Exact<{
  input: SessionBulkInput;
}>;


export type DeleteSessionsMutation = { deleteSessions: { dryRun: boolean, acceptedCount: number, skippedCount: number, failedCount: number, cursor: string | null, results: Array<{ id: string, outcome: Outcome, error: { code: UserErrorCode, message: string } | null }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type CreateSessionsMutationVariables = Exact<{
  input: CreateSessionsInput;
}>;


export type CreateSessionsMutation = { createSessions: { outcomes: Array<ImportOutcome>, cursor: string | null, sessions: Array<{ id: string, name: string, externalId: string | null, streamId: string, version: number }>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string>, conflictingId: string | null }> } };

export type TemplateRowFragment = { id: string, name: string, description: string | null, isDefault: boolean, version: number, renditions: Array<{ id: string, name: string, isPassthrough: boolean, videoCodec: VideoCodec | null, width: number | null, height: number | null, videoBitrateKbps: number | null, frameRate: number | null, audioCodec: AudioCodec | null, audioBitrateKbps: number | null }> };

export type TemplatesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  search?: string | null | undefined;
}>;


export type TemplatesQuery = { templates: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, name: string, description: string | null, isDefault: boolean, version: number, renditions: Array<{ id: string, name: string, isPassthrough: boolean, videoCodec: VideoCodec | null, width: number | null, height: number | null, videoBitrateKbps: number | null, frameRate: number | null, audioCodec: AudioCodec | null, audioBitrateKbps: number | null }> }> } };

export type CreateTemplateMutationVariables = Exact<{
  input: CreateTemplateInput;
}>;


export type CreateTemplateMutation = { createTemplate: { template: { id: string, name: string, isDefault: boolean, renditions: Array<{ id: string, name: string, isPassthrough: boolean }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type UpdateTemplateMutationVariables = Exact<{
  input: UpdateTemplateInput;
}>;


export type UpdateTemplateMutation = { updateTemplate: { template: { id: string, name: string, description: string | null, isDefault: boolean, version: number, renditions: Array<{ id: string, name: string, isPassthrough: boolean, videoCodec: VideoCodec | null, width: number | null, height: number | null, videoBitrateKbps: number | null, frameRate: number | null, audioCodec: AudioCodec | null, audioBitrateKbps: number | null }> } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type DeleteTemplatesMutationVariables = Exact<{
  input: DeleteTemplatesInput;
}>;


export type DeleteTemplatesMutation = { deleteTemplates: { deletedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type WatchedEventQueryVariables = Exact<{
  id: string | number;
}>;


export type WatchedEventQuery = { publicEvent: { id: string, title: string, details: string | null, status: EventStatus, startsAt: string | null, messagingMode: MessagingMode, onDemand: { blockers: Array<{ code: UserErrorCode }> }, languages: Array<{ id: string, code: string, label: string, hlsUrl: string | null, recordings: Array<{ id: string, url: string | null, captionsUrl: string | null }> }> } | null };

export type PublishedSlideSubscriptionVariables = Exact<{
  eventId: string | number;
}>;


export type PublishedSlideSubscription = { publishedSlide: { id: string, number: number, imageUrl: string } | null };

export type QuestionChangesSubscriptionVariables = Exact<{
  eventId: string | number;
  snapshot?: boolean | null | undefined;
  after?: string | null | undefined;
}>;


export type QuestionChangesSubscription = { questionChanges: { cursor: string, kind: ChangeKind, questionId: string | null, question: { id: string, text: string, authorName: string, status: QuestionStatus, upvotes: number, hasUpvoted: boolean, isMine: boolean, askedAt: string, replies: Array<{ text: string, authorName: string }> } | null } };

export type LatestChatMessagesQueryVariables = Exact<{
  id: string | number;
  first: number;
}>;


export type LatestChatMessagesQuery = { publicEvent: { id: string, messages: { nodes: Array<{ id: string, text: string, authorName: string, at: string }> } } | null };

export type ChatMessageChangesSubscriptionVariables = Exact<{
  eventId: string | number;
  after?: string | null | undefined;
}>;


export type ChatMessageChangesSubscription = { chatMessageChanges: { cursor: string, kind: ChangeKind, messageId: string | null, message: { id: string, text: string, authorName: string, at: string } | null } };

export type ShownMessageFragment = { id: string, text: string, authorName: string, at: string };

export type AskQuestionMutationVariables = Exact<{
  eventId: string | number;
  text: string;
}>;


export type AskQuestionMutation = { askQuestion: { question: { id: string } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type UpvoteQuestionMutationVariables = Exact<{
  id: string | number;
}>;


export type UpvoteQuestionMutation = { upvoteQuestion: { question: { id: string, upvotes: number, hasUpvoted: boolean } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type SendChatMessageMutationVariables = Exact<{
  eventId: string | number;
  text: string;
}>;


export type SendChatMessageMutation = { sendChatMessage: { message: { id: string } | null, userErrors: Array<{ code: UserErrorCode, message: string }> } };

export type WebhookRowFragment = { id: string, url: string, kinds: Array<string>, isEnabled: boolean, disabledReason: string | null, failingSince: string | null, createdAt: string };

export type WebhookErrorsFragment = { code: UserErrorCode, message: string, path: Array<string> };

export type WebhooksQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  deliveries?: number | null | undefined;
  status?: WebhookDeliveryStatus | null | undefined;
}>;


export type WebhooksQuery = { webhooks: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, url: string, kinds: Array<string>, isEnabled: boolean, disabledReason: string | null, failingSince: string | null, createdAt: string, deliveries: { totalCount: number, nodes: Array<{ id: string, status: WebhookDeliveryStatus, attempts: number, responseStatus: number | null, problem: string | null, createdAt: string, lastAttemptAt: string | null, nextAttemptAt: string | null, change: { kind: string, at: string, cursor: string, objectId: string, object:
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
              | { id: string }
             | null } | null }> } }> } };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook: { secret: string | null, webhook: { id: string, url: string, kinds: Array<string>, isEnabled: boolean, disabledReason: string | null, failingSince: string | null, createdAt: string } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type UpdateWebhookMutationVariables = Exact<{
  input: UpdateWebhookInput;
}>;


export type UpdateWebhookMutation = { updateWebhook: { webhook: { id: string, url: string, kinds: Array<string>, isEnabled: boolean, disabledReason: string | null, failingSince: string | null, createdAt: string } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type DeleteWebhooksMutationVariables = Exact<{
  input: DeleteWebhooksInput;
}>;


export type DeleteWebhooksMutation = { deleteWebhooks: { deletedIds: Array<string>, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export type ResendWebhookMutationVariables = Exact<{
  input: ResendWebhookInput;
}>;


export type ResendWebhookMutation = { resendWebhook: { webhook: { id: string, url: string, kinds: Array<string>, isEnabled: boolean, disabledReason: string | null, failingSince: string | null, createdAt: string } | null, userErrors: Array<{ code: UserErrorCode, message: string, path: Array<string> }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ApiKeyRowFragmentDoc = new TypedDocumentString(`
    fragment ApiKeyRow on ApiKey {
  id
  name
  accessLevel
  canIntrospect
  prefix
  createdAt
  expiresAt
  lastUsedAt
}
    `, {"fragmentName":"ApiKeyRow"}) as unknown as TypedDocumentString<ApiKeyRowFragment, unknown>;
export const AlertRowFragmentDoc = new TypedDocumentString(`
    fragment AlertRow on Alert {
  id
  code
  severity
  message
  recommendedAction
  count
  firstSeenAt
  lastSeenAt
  endedAt
  endReason
  clearedBy
  acknowledgedAt
  acknowledgedBy
  snoozedUntil
  note
  sessionName
  session {
    id
    name
  }
  playback {
    id
    name
  }
}
    `, {"fragmentName":"AlertRow"}) as unknown as TypedDocumentString<AlertRowFragment, unknown>;
export const AssetRowFragmentDoc = new TypedDocumentString(`
    fragment AssetRow on Asset {
  id
  kind
  status
  statusReason
  playbackName
  renditionName
  name
  sessionDate
  fileName
  contentType
  url
  captionsUrl
  urlExpiresAt
  bytes
  durationSeconds
  droppedSeconds
  shareUrl
  shareExpiresAt
  createdAt
  session {
    id
    name
  }
  process {
    id
    kind
  }
  run {
    id
    sessionName
    startedAt
  }
}
    `, {"fragmentName":"AssetRow"}) as unknown as TypedDocumentString<AssetRowFragment, unknown>;
export const SignalFragmentDoc = new TypedDocumentString(`
    fragment Signal on Ingest {
  id
  role
  state
  lastSeenAt
  bitrateKbps
  serverAvailable
  endpoints {
    protocol
    serverUrl
    streamKey {
      id
      mask
    }
    srtPassphrase {
      id
      mask
    }
  }
}
    `, {"fragmentName":"Signal"}) as unknown as TypedDocumentString<SignalFragment, unknown>;
export const ActionAnswerFragmentDoc = new TypedDocumentString(`
    fragment ActionAnswer on ActionState {
  allowed
  blockers {
    code
    message
  }
}
    `, {"fragmentName":"ActionAnswer"}) as unknown as TypedDocumentString<ActionAnswerFragment, unknown>;
export const ProcessRowFragmentDoc = new TypedDocumentString(`
    fragment ProcessRow on Process {
  id
  kind
  isEnabled
  isActive
  intervalSeconds
  durationSeconds
  pending {
    isEnabled
    intervalSeconds
    durationSeconds
  }
  url
  contentVersion
  contentType
  contentAt
  health
  statusReason
  session {
    id
    name
  }
  playback {
    id
    name
  }
  rendition {
    id
    name
  }
}
    `, {"fragmentName":"ProcessRow"}) as unknown as TypedDocumentString<ProcessRowFragment, unknown>;
export const SessionRowFragmentDoc = new TypedDocumentString(`
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}
    `, {"fragmentName":"SessionRow"}) as unknown as TypedDocumentString<SessionRowFragment, unknown>;
export const BulkAnswerFragmentDoc = new TypedDocumentString(`
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}
    `, {"fragmentName":"BulkAnswer"}) as unknown as TypedDocumentString<BulkAnswerFragment, unknown>;
export const TemplateRowFragmentDoc = new TypedDocumentString(`
    fragment TemplateRow on Template {
  id
  name
  description
  isDefault
  version
  renditions {
    id
    name
    isPassthrough
    videoCodec
    width
    height
    videoBitrateKbps
    frameRate
    audioCodec
    audioBitrateKbps
  }
}
    `, {"fragmentName":"TemplateRow"}) as unknown as TypedDocumentString<TemplateRowFragment, unknown>;
export const ShownMessageFragmentDoc = new TypedDocumentString(`
    fragment ShownMessage on ChatMessage {
  id
  text
  authorName
  at
}
    `, {"fragmentName":"ShownMessage"}) as unknown as TypedDocumentString<ShownMessageFragment, unknown>;
export const WebhookRowFragmentDoc = new TypedDocumentString(`
    fragment WebhookRow on Webhook {
  id
  url
  kinds
  isEnabled
  disabledReason
  failingSince
  createdAt
}
    `, {"fragmentName":"WebhookRow"}) as unknown as TypedDocumentString<WebhookRowFragment, unknown>;
export const WebhookErrorsFragmentDoc = new TypedDocumentString(`
    fragment WebhookErrors on UserError {
  code
  message
  path
}
    `, {"fragmentName":"WebhookErrors"}) as unknown as TypedDocumentString<WebhookErrorsFragment, unknown>;
export const WhoAmIDocument = new TypedDocumentString(`
    query WhoAmI {
  caller {
    organization {
      id
      name
      packages
      assetRetentionDays
      assetGigabytes
    }
    accessLevel
    actor
    canIntrospect
  }
}
    `) as unknown as TypedDocumentString<WhoAmIQuery, WhoAmIQueryVariables>;
export const RateLimitDocument = new TypedDocumentString(`
    query RateLimit {
  rateLimit {
    limit
    remaining
    resetAt
    cost
  }
}
    `) as unknown as TypedDocumentString<RateLimitQuery, RateLimitQueryVariables>;
export const ApiKeysDocument = new TypedDocumentString(`
    query ApiKeys($first: Int, $after: String) {
  apiKeys(first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...ApiKeyRow
    }
  }
}
    fragment ApiKeyRow on ApiKey {
  id
  name
  accessLevel
  canIntrospect
  prefix
  createdAt
  expiresAt
  lastUsedAt
}`) as unknown as TypedDocumentString<ApiKeysQuery, ApiKeysQueryVariables>;
export const CreateApiKeyDocument = new TypedDocumentString(`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    key
    apiKey {
      ...ApiKeyRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment ApiKeyRow on ApiKey {
  id
  name
  accessLevel
  canIntrospect
  prefix
  createdAt
  expiresAt
  lastUsedAt
}`) as unknown as TypedDocumentString<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RevokeApiKeysDocument = new TypedDocumentString(`
    mutation RevokeApiKeys($input: RevokeApiKeysInput!) {
  revokeApiKeys(input: $input) {
    deletedIds
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<RevokeApiKeysMutation, RevokeApiKeysMutationVariables>;
export const AuditEntriesDocument = new TypedDocumentString(`
    query AuditEntries($first: Int, $after: String, $objectId: ID, $actor: String, $from: DateTime, $to: DateTime) {
  auditEntries(
    first: $first
    after: $after
    objectId: $objectId
    actor: $actor
    from: $from
    to: $to
  ) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      id
      at
      actor
      ipAddress
      verb
      objectIds
      outcome
      requestId
    }
  }
}
    `) as unknown as TypedDocumentString<AuditEntriesQuery, AuditEntriesQueryVariables>;
export const AlertsDocument = new TypedDocumentString(`
    query Alerts($first: Int, $after: String, $open: Boolean, $severity: AlertSeverity, $code: [AlertCode!], $sessions: SessionFilter, $eventId: ID) {
  alerts(
    first: $first
    after: $after
    open: $open
    severity: $severity
    code: $code
    sessions: $sessions
    eventId: $eventId
  ) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...AlertRow
    }
  }
}
    fragment AlertRow on Alert {
  id
  code
  severity
  message
  recommendedAction
  count
  firstSeenAt
  lastSeenAt
  endedAt
  endReason
  clearedBy
  acknowledgedAt
  acknowledgedBy
  snoozedUntil
  note
  sessionName
  session {
    id
    name
  }
  playback {
    id
    name
  }
}`) as unknown as TypedDocumentString<AlertsQuery, AlertsQueryVariables>;
export const SessionAlertsDocument = new TypedDocumentString(`
    query SessionAlerts($filter: SessionFilter, $first: Int, $after: String, $open: Boolean) {
  sessions(filter: $filter) {
    nodes {
      id
      name
      openAlertCount
      topAlert {
        id
        code
        severity
        message
      }
      alerts(first: $first, after: $after, open: $open) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          id
          code
          severity
          message
          count
          endedAt
        }
      }
    }
  }
  sessionSummary(filter: $filter) {
    total
    openAlerts
  }
}
    `) as unknown as TypedDocumentString<SessionAlertsQuery, SessionAlertsQueryVariables>;
export const ClearSessionAlertsDocument = new TypedDocumentString(`
    mutation ClearSessionAlerts($input: SessionBulkInput!) {
  clearSessionAlerts(input: $input) {
    acceptedCount
    skippedCount
    failedCount
    cursor
    results {
      id
      outcome
      error {
        code
        message
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<ClearSessionAlertsMutation, ClearSessionAlertsMutationVariables>;
export const ClearAlertsDocument = new TypedDocumentString(`
    mutation ClearAlerts($input: ClearAlertsInput!) {
  clearAlerts(input: $input) {
    alerts {
      ...AlertRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment AlertRow on Alert {
  id
  code
  severity
  message
  recommendedAction
  count
  firstSeenAt
  lastSeenAt
  endedAt
  endReason
  clearedBy
  acknowledgedAt
  acknowledgedBy
  snoozedUntil
  note
  sessionName
  session {
    id
    name
  }
  playback {
    id
    name
  }
}`) as unknown as TypedDocumentString<ClearAlertsMutation, ClearAlertsMutationVariables>;
export const AcknowledgeAlertsDocument = new TypedDocumentString(`
    mutation AcknowledgeAlerts($input: AcknowledgeAlertsInput!) {
  acknowledgeAlerts(input: $input) {
    alerts {
      ...AlertRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment AlertRow on Alert {
  id
  code
  severity
  message
  recommendedAction
  count
  firstSeenAt
  lastSeenAt
  endedAt
  endReason
  clearedBy
  acknowledgedAt
  acknowledgedBy
  snoozedUntil
  note
  sessionName
  session {
    id
    name
  }
  playback {
    id
    name
  }
}`) as unknown as TypedDocumentString<AcknowledgeAlertsMutation, AcknowledgeAlertsMutationVariables>;
export const AlertChangesDocument = new TypedDocumentString(`
    subscription AlertChanges($severity: AlertSeverity, $sessions: SessionFilter, $snapshot: Boolean, $after: Cursor, $heartbeatSeconds: Int) {
  alertChanges(
    severity: $severity
    sessions: $sessions
    snapshot: $snapshot
    after: $after
    heartbeatSeconds: $heartbeatSeconds
  ) {
    cursor
    kind
    at
    alert {
      ...AlertRow
    }
  }
}
    fragment AlertRow on Alert {
  id
  code
  severity
  message
  recommendedAction
  count
  firstSeenAt
  lastSeenAt
  endedAt
  endReason
  clearedBy
  acknowledgedAt
  acknowledgedBy
  snoozedUntil
  note
  sessionName
  session {
    id
    name
  }
  playback {
    id
    name
  }
}`) as unknown as TypedDocumentString<AlertChangesSubscription, AlertChangesSubscriptionVariables>;
export const AssetsDocument = new TypedDocumentString(`
    query Assets($first: Int, $after: String, $kind: [AssetKind!], $status: [AssetStatus!], $sessionId: ID, $createdFrom: DateTime, $createdTo: DateTime) {
  assets(
    first: $first
    after: $after
    kind: $kind
    status: $status
    sessionId: $sessionId
    createdFrom: $createdFrom
    createdTo: $createdTo
  ) {
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...AssetRow
    }
  }
}
    fragment AssetRow on Asset {
  id
  kind
  status
  statusReason
  playbackName
  renditionName
  name
  sessionDate
  fileName
  contentType
  url
  captionsUrl
  urlExpiresAt
  bytes
  durationSeconds
  droppedSeconds
  shareUrl
  shareExpiresAt
  createdAt
  session {
    id
    name
  }
  process {
    id
    kind
  }
  run {
    id
    sessionName
    startedAt
  }
}`) as unknown as TypedDocumentString<AssetsQuery, AssetsQueryVariables>;
export const ProcessAssetsDocument = new TypedDocumentString(`
    query ProcessAssets($id: ID!, $first: Int, $after: String) {
  node(id: $id) {
    ... on Process {
      id
      assets(first: $first, after: $after) {
        totalCount
        nodes {
          id
          kind
          sessionDate
          url
          shareUrl
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ProcessAssetsQuery, ProcessAssetsQueryVariables>;
export const CreateClipDocument = new TypedDocumentString(`
    mutation CreateClip($input: CreateClipInput!) {
  createClip(input: $input) {
    asset {
      ...AssetRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment AssetRow on Asset {
  id
  kind
  status
  statusReason
  playbackName
  renditionName
  name
  sessionDate
  fileName
  contentType
  url
  captionsUrl
  urlExpiresAt
  bytes
  durationSeconds
  droppedSeconds
  shareUrl
  shareExpiresAt
  createdAt
  session {
    id
    name
  }
  process {
    id
    kind
  }
  run {
    id
    sessionName
    startedAt
  }
}`) as unknown as TypedDocumentString<CreateClipMutation, CreateClipMutationVariables>;
export const ShareAssetDocument = new TypedDocumentString(`
    mutation ShareAsset($input: ShareAssetInput!) {
  shareAsset(input: $input) {
    asset {
      ...AssetRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment AssetRow on Asset {
  id
  kind
  status
  statusReason
  playbackName
  renditionName
  name
  sessionDate
  fileName
  contentType
  url
  captionsUrl
  urlExpiresAt
  bytes
  durationSeconds
  droppedSeconds
  shareUrl
  shareExpiresAt
  createdAt
  session {
    id
    name
  }
  process {
    id
    kind
  }
  run {
    id
    sessionName
    startedAt
  }
}`) as unknown as TypedDocumentString<ShareAssetMutation, ShareAssetMutationVariables>;
export const DeleteAssetsDocument = new TypedDocumentString(`
    mutation DeleteAssets($input: DeleteAssetsInput!) {
  deleteAssets(input: $input) {
    deletedIds
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteAssetsMutation, DeleteAssetsMutationVariables>;
export const ProcessChangesDocument = new TypedDocumentString(`
    subscription ProcessChanges($sessionId: ID, $snapshot: Boolean, $after: Cursor) {
  processChanges(sessionId: $sessionId, snapshot: $snapshot, after: $after) {
    cursor
    kind
    at
    processId
    process {
      id
      kind
      isActive
      health
    }
    assetId
    asset {
      id
      kind
      status
      url
    }
  }
}
    `) as unknown as TypedDocumentString<ProcessChangesSubscription, ProcessChangesSubscriptionVariables>;
export const ChangeCursorDocument = new TypedDocumentString(`
    query ChangeCursor {
  changeCursor
}
    `) as unknown as TypedDocumentString<ChangeCursorQuery, ChangeCursorQueryVariables>;
export const SessionChangesDocument = new TypedDocumentString(`
    subscription SessionChanges($filter: SessionFilter, $snapshot: Boolean, $after: Cursor, $heartbeatSeconds: Int) {
  sessionChanges(
    filter: $filter
    snapshot: $snapshot
    after: $after
    heartbeatSeconds: $heartbeatSeconds
  ) {
    cursor
    kind
    at
    matches
    sessionId
    status
    health
    actor
    session {
      id
      name
      status
      health
      statusReason
    }
  }
}
    `) as unknown as TypedDocumentString<SessionChangesSubscription, SessionChangesSubscriptionVariables>;
export const ChangesDocument = new TypedDocumentString(`
    query Changes($first: Int, $after: Cursor) {
  changes(first: $first, after: $after) {
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      cursor
      kind
      at
      actor
      objectId
      object {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ChangesQuery, ChangesQueryVariables>;
export const ChangeDigestDocument = new TypedDocumentString(`
    query ChangeDigest($after: Cursor!, $filter: SessionFilter) {
  changeDigest(after: $after, filter: $filter) {
    cursor
    isLagged
    alertsRaised
    sessionCount
    sessions {
      session {
        id
        name
        status
        health
        statusReason
      }
      isNew
      statusBefore
      status
      downSeconds
      alertsRaised
    }
    deletedSessions {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<ChangeDigestQuery, ChangeDigestQueryVariables>;
export const ImportSessionsCsvDocument = new TypedDocumentString(`
    mutation ImportSessionsCsv($input: ImportSessionsCsvInput!) {
  importSessionsCsv(input: $input) {
    imported
    dryRun
    rowCount
    skippedRowCount
    skippedRows {
      row
      reason
    }
    sessions {
      row
      name
      streamId
      outcome
      changed
      session {
        id
        status
      }
    }
    errors {
      row
      column
      value
      message
      code
    }
    errorCount
    errorsTruncated
    errorCsv
    cursor
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<ImportSessionsCsvMutation, ImportSessionsCsvMutationVariables>;
export const ExportSessionsCsvDocument = new TypedDocumentString(`
    query ExportSessionsCsv($selection: SessionSelection, $includeSecrets: Boolean) {
  exportSessionsCsv(selection: $selection, includeSecrets: $includeSecrets) {
    filename
    csv
    rowCount
    commentedRowCount
  }
}
    `) as unknown as TypedDocumentString<ExportSessionsCsvQuery, ExportSessionsCsvQueryVariables>;
export const EventDocument = new TypedDocumentString(`
    query Event($id: ID!) {
  event(id: $id) {
    id
    title
    status
    version
    recordingEnabled
    onDemand {
      available
      blockers {
        code
        message
      }
    }
    limitations
    goLiveCheck {
      allowed
      confirmationRequired
      limitations
      blockers {
        code
        message
      }
    }
    languages {
      id
      code
      label
      activeIngest
      viewerCount
      hlsUrl
      primary {
        ...Signal
      }
      backup {
        ...Signal
      }
    }
  }
}
    fragment Signal on Ingest {
  id
  role
  state
  lastSeenAt
  bitrateKbps
  serverAvailable
  endpoints {
    protocol
    serverUrl
    streamKey {
      id
      mask
    }
    srtPassphrase {
      id
      mask
    }
  }
}`) as unknown as TypedDocumentString<EventQuery, EventQueryVariables>;
export const EventSharingDocument = new TypedDocumentString(`
    query EventSharing($id: ID!) {
  event(id: $id) {
    id
    sharing {
      id
      access
      accessCode
      url
      embedHtml
    }
  }
}
    `) as unknown as TypedDocumentString<EventSharingQuery, EventSharingQueryVariables>;
export const EventMonitorDocument = new TypedDocumentString(`
    subscription EventMonitor($id: ID!) {
  eventMonitor(id: $id) {
    id
    at
    status
    streamingSeconds
    viewerCount
    serverAvailable
    languages {
      code
      viewerCount
      primary
      backup
      activeIngest
    }
  }
}
    `) as unknown as TypedDocumentString<EventMonitorSubscription, EventMonitorSubscriptionVariables>;
export const CreateEventDocument = new TypedDocumentString(`
    mutation CreateEvent($input: CreateEventInput!) {
  createEvent(input: $input) {
    event {
      id
      status
    }
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<CreateEventMutation, CreateEventMutationVariables>;
export const StartEventTestDocument = new TypedDocumentString(`
    mutation StartEventTest($id: ID!) {
  startEventTest(input: {id: $id}) {
    event {
      id
      status
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StartEventTestMutation, StartEventTestMutationVariables>;
export const StopEventTestDocument = new TypedDocumentString(`
    mutation StopEventTest($id: ID!) {
  stopEventTest(input: {id: $id}) {
    event {
      id
      status
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StopEventTestMutation, StopEventTestMutationVariables>;
export const GoLiveDocument = new TypedDocumentString(`
    mutation GoLive($id: ID!, $confirmBackupOnly: Boolean) {
  goLive(input: {id: $id, confirmBackupOnly: $confirmBackupOnly}) {
    event {
      id
      status
      limitations
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<GoLiveMutation, GoLiveMutationVariables>;
export const StopEventDocument = new TypedDocumentString(`
    mutation StopEvent($id: ID!) {
  stopEvent(input: {id: $id, confirm: true}) {
    event {
      id
      status
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StopEventMutation, StopEventMutationVariables>;
export const EventChangesDocument = new TypedDocumentString(`
    subscription EventChanges($ids: [ID!], $snapshot: Boolean, $after: Cursor) {
  eventChanges(ids: $ids, snapshot: $snapshot, after: $after) {
    cursor
    kind
    at
    event {
      id
      title
      status
    }
  }
}
    `) as unknown as TypedDocumentString<EventChangesSubscription, EventChangesSubscriptionVariables>;
export const JoinEventDocument = new TypedDocumentString(`
    mutation JoinEvent($eventId: ID!, $accessCode: String, $displayName: String) {
  joinEvent(
    input: {eventId: $eventId, accessCode: $accessCode, displayName: $displayName}
  ) {
    token
    expiresAt
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<JoinEventMutation, JoinEventMutationVariables>;
export const PublicEventDocument = new TypedDocumentString(`
    query PublicEvent($id: ID!) {
  publicEvent(id: $id) {
    id
    title
    details
    status
    startsAt
    messagingMode
    languages {
      id
      code
      label
      hlsUrl
      recordings {
        id
        url
        captionsUrl
        contentType
        durationSeconds
      }
    }
    onDemand {
      available
      blockers {
        code
        message
      }
    }
    publishedSlide {
      id
      number
      imageUrl
    }
    questions(first: 50) {
      nodes {
        id
        text
        authorName
        status
        upvotes
        hasUpvoted
        isMine
        replies {
          text
          authorName
          at
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PublicEventQuery, PublicEventQueryVariables>;
export const SessionDetailsDocument = new TypedDocumentString(`
    query SessionDetails($id: ID!) {
  session(id: $id) {
    ...SessionRow
    description
    region
    externalId
    labels
    openAlertCount
    csvComment
    source {
      ingestUrl
      srtEncryptionEnabled
      hlsScte35PassthroughEnabled
      streamKey {
        id
        mask
      }
      srtPassphrase {
        id
        mask
      }
      failover {
        recoveryIntervalSeconds
        errorThresholdPercent
        nextRecoveryAt
      }
      pathA {
        isConnected
        lastSeenAt
      }
      pathB {
        isConnected
        lastSeenAt
      }
    }
    lastCommand {
      verb
      actor
      at
    }
    pendingChanges {
      path
      before
      after
    }
    actions {
      id
      start {
        ...ActionAnswer
      }
      stop {
        ...ActionAnswer
      }
      restart {
        ...ActionAnswer
      }
      switchInput {
        ...ActionAnswer
      }
      edit {
        ...ActionAnswer
      }
      delete {
        ...ActionAnswer
      }
    }
  }
}
    fragment ActionAnswer on ActionState {
  allowed
  blockers {
    code
    message
  }
}
fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<SessionDetailsQuery, SessionDetailsQueryVariables>;
export const RestartSessionsDocument = new TypedDocumentString(`
    mutation RestartSessions($input: RestartSessionsInput!) {
  restartSessions(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<RestartSessionsMutation, RestartSessionsMutationVariables>;
export const SwitchSessionInputsDocument = new TypedDocumentString(`
    mutation SwitchSessionInputs($input: SwitchSessionInputsInput!) {
  switchSessionInputs(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<SwitchSessionInputsMutation, SwitchSessionInputsMutationVariables>;
export const ShowSlatesDocument = new TypedDocumentString(`
    mutation ShowSlates($input: SessionBulkInput!) {
  showSlates(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<ShowSlatesMutation, ShowSlatesMutationVariables>;
export const HideSlatesDocument = new TypedDocumentString(`
    mutation HideSlates($input: SessionBulkInput!) {
  hideSlates(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<HideSlatesMutation, HideSlatesMutationVariables>;
export const RevealSecretDocument = new TypedDocumentString(`
    mutation RevealSecret($input: RevealSecretInput!) {
  revealSecret(input: $input) {
    value
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<RevealSecretMutation, RevealSecretMutationVariables>;
export const RotateSecretDocument = new TypedDocumentString(`
    mutation RotateSecret($input: RotateSecretInput!) {
  rotateSecret(input: $input) {
    value
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<RotateSecretMutation, RotateSecretMutationVariables>;
export const SessionSummaryChangesDocument = new TypedDocumentString(`
    subscription SessionSummaryChanges($filter: SessionFilter) {
  sessionSummary(filter: $filter) {
    total
    openAlerts
    byStatus {
      status
      count
    }
    byHealth {
      health
      count
    }
  }
}
    `) as unknown as TypedDocumentString<SessionSummaryChangesSubscription, SessionSummaryChangesSubscriptionVariables>;
export const SessionTelemetryDocument = new TypedDocumentString(`
    subscription SessionTelemetry($filter: SessionFilter, $everySeconds: Int) {
  sessionTelemetry(filter: $filter, everySeconds: $everySeconds) {
    sessionId
    telemetry {
      id
      at
      frameRate
      speed
      bitrateKbps
      droppedFrames
      encoder
    }
  }
}
    `) as unknown as TypedDocumentString<SessionTelemetrySubscription, SessionTelemetrySubscriptionVariables>;
export const EncodersDocument = new TypedDocumentString(`
    query Encoders {
  regions {
    name
    isDefault
    capacity
    running
  }
  encoders {
    id
    name
    region
    status
    capacity
    running
    supportedInputs
    supportedOutputs
    lastSeenAt
    version
  }
}
    `) as unknown as TypedDocumentString<EncodersQuery, EncodersQueryVariables>;
export const AddPlaybackDocument = new TypedDocumentString(`
    mutation AddPlayback($input: AddPlaybackInput!) {
  addPlayback(input: $input) {
    session {
      ...SessionRow
    }
    userErrors {
      code
      message
      path
      conflictingId
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<AddPlaybackMutation, AddPlaybackMutationVariables>;
export const UpdatePlaybackDocument = new TypedDocumentString(`
    mutation UpdatePlayback($input: UpdatePlaybackInput!) {
  updatePlayback(input: $input) {
    session {
      ...SessionRow
    }
    userErrors {
      code
      message
      path
      conflictingId
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<UpdatePlaybackMutation, UpdatePlaybackMutationVariables>;
export const RemovePlaybacksDocument = new TypedDocumentString(`
    mutation RemovePlaybacks($input: RemovePlaybacksInput!) {
  removePlaybacks(input: $input) {
    session {
      ...SessionRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<RemovePlaybacksMutation, RemovePlaybacksMutationVariables>;
export const ProcessesDocument = new TypedDocumentString(`
    query Processes($first: Int, $after: String, $kind: ProcessKind, $sessionId: ID) {
  processes(first: $first, after: $after, kind: $kind, sessionId: $sessionId) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...ProcessRow
    }
  }
}
    fragment ProcessRow on Process {
  id
  kind
  isEnabled
  isActive
  intervalSeconds
  durationSeconds
  pending {
    isEnabled
    intervalSeconds
    durationSeconds
  }
  url
  contentVersion
  contentType
  contentAt
  health
  statusReason
  session {
    id
    name
  }
  playback {
    id
    name
  }
  rendition {
    id
    name
  }
}`) as unknown as TypedDocumentString<ProcessesQuery, ProcessesQueryVariables>;
export const SessionProcessesDocument = new TypedDocumentString(`
    query SessionProcesses($id: ID!) {
  session(id: $id) {
    id
    processes {
      ...ProcessRow
    }
    pendingChanges {
      path
      before
      after
    }
    actions {
      configureProcesses {
        allowed
        blockers {
          code
        }
      }
    }
  }
}
    fragment ProcessRow on Process {
  id
  kind
  isEnabled
  isActive
  intervalSeconds
  durationSeconds
  pending {
    isEnabled
    intervalSeconds
    durationSeconds
  }
  url
  contentVersion
  contentType
  contentAt
  health
  statusReason
  session {
    id
    name
  }
  playback {
    id
    name
  }
  rendition {
    id
    name
  }
}`) as unknown as TypedDocumentString<SessionProcessesQuery, SessionProcessesQueryVariables>;
export const ConfigureProcessesDocument = new TypedDocumentString(`
    mutation ConfigureProcesses($input: ConfigureProcessesInput!) {
  configureProcesses(input: $input) {
    processes {
      ...ProcessRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment ProcessRow on Process {
  id
  kind
  isEnabled
  isActive
  intervalSeconds
  durationSeconds
  pending {
    isEnabled
    intervalSeconds
    durationSeconds
  }
  url
  contentVersion
  contentType
  contentAt
  health
  statusReason
  session {
    id
    name
  }
  playback {
    id
    name
  }
  rendition {
    id
    name
  }
}`) as unknown as TypedDocumentString<ConfigureProcessesMutation, ConfigureProcessesMutationVariables>;
export const RemoveProcessesDocument = new TypedDocumentString(`
    mutation RemoveProcesses($input: RemoveProcessesInput!) {
  removeProcesses(input: $input) {
    processes {
      ...ProcessRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment ProcessRow on Process {
  id
  kind
  isEnabled
  isActive
  intervalSeconds
  durationSeconds
  pending {
    isEnabled
    intervalSeconds
    durationSeconds
  }
  url
  contentVersion
  contentType
  contentAt
  health
  statusReason
  session {
    id
    name
  }
  playback {
    id
    name
  }
  rendition {
    id
    name
  }
}`) as unknown as TypedDocumentString<RemoveProcessesMutation, RemoveProcessesMutationVariables>;
export const InputTypesDocument = new TypedDocumentString(`
    query InputTypes {
  inputTypes {
    type
    isPush
    supportsFailover
    supportsRemap
    supportsCsv
    urlSchemes
    isRunnable
  }
}
    `) as unknown as TypedDocumentString<InputTypesQuery, InputTypesQueryVariables>;
export const CsvColumnsDocument = new TypedDocumentString(`
    query CsvColumns {
  csvColumns {
    header
    isRequired
    appliesTo
    description
    example
    inputTypes
    outputTypes
  }
}
    `) as unknown as TypedDocumentString<CsvColumnsQuery, CsvColumnsQueryVariables>;
export const SessionsDocument = new TypedDocumentString(`
    query Sessions($first: Int, $after: String, $last: Int, $before: String, $filter: SessionFilter, $orderBy: SessionOrder, $direction: SortDirection) {
  sessions(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
    orderBy: $orderBy
    direction: $direction
  ) {
    totalCount
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
    nodes {
      ...SessionRow
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<SessionsQuery, SessionsQueryVariables>;
export const SessionDocument = new TypedDocumentString(`
    query Session($id: ID!) {
  session(id: $id) {
    ...SessionRow
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<SessionQuery, SessionQueryVariables>;
export const SessionSummaryDocument = new TypedDocumentString(`
    query SessionSummary($filter: SessionFilter) {
  sessionSummary(filter: $filter) {
    total
    byStatus {
      status
      count
    }
    byHealth {
      health
      count
    }
  }
}
    `) as unknown as TypedDocumentString<SessionSummaryQuery, SessionSummaryQueryVariables>;
export const CreateSessionDocument = new TypedDocumentString(`
    mutation CreateSession($input: CreateSessionInput!) {
  createSession(input: $input) {
    session {
      ...SessionRow
    }
    userErrors {
      code
      message
      path
      conflictingId
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<CreateSessionMutation, CreateSessionMutationVariables>;
export const UpdateSessionDocument = new TypedDocumentString(`
    mutation UpdateSession($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session {
      ...SessionRow
    }
    userErrors {
      code
      message
      path
      conflictingId
    }
  }
}
    fragment SessionRow on Session {
  id
  streamId
  name
  status
  desiredStatus
  health
  statusReason
  runningSince
  version
  source {
    id
    type
    urlA
    urlB
    activePath
  }
  playbacks {
    id
    name
    type
    status
    hlsUrl
    dashUrl
  }
}`) as unknown as TypedDocumentString<UpdateSessionMutation, UpdateSessionMutationVariables>;
export const StartSessionsDocument = new TypedDocumentString(`
    mutation StartSessions($input: SessionBulkInput!) {
  startSessions(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<StartSessionsMutation, StartSessionsMutationVariables>;
export const StopSessionsDocument = new TypedDocumentString(`
    mutation StopSessions($input: SessionBulkInput!) {
  stopSessions(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<StopSessionsMutation, StopSessionsMutationVariables>;
export const DeleteSessionsDocument = new TypedDocumentString(`
    mutation DeleteSessions($input: SessionBulkInput!) {
  deleteSessions(input: $input) {
    ...BulkAnswer
  }
}
    fragment BulkAnswer on SessionBulkPayload {
  dryRun
  acceptedCount
  skippedCount
  failedCount
  cursor
  results {
    id
    outcome
    error {
      code
      message
    }
  }
  userErrors {
    code
    message
    path
  }
}`) as unknown as TypedDocumentString<DeleteSessionsMutation, DeleteSessionsMutationVariables>;
export const CreateSessionsDocument = new TypedDocumentString(`
    mutation CreateSessions($input: CreateSessionsInput!) {
  createSessions(input: $input) {
    outcomes
    cursor
    sessions {
      id
      name
      externalId
      streamId
      version
    }
    userErrors {
      code
      message
      path
      conflictingId
    }
  }
}
    `) as unknown as TypedDocumentString<CreateSessionsMutation, CreateSessionsMutationVariables>;
export const TemplatesDocument = new TypedDocumentString(`
    query Templates($first: Int, $after: String, $search: String) {
  templates(first: $first, after: $after, search: $search) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...TemplateRow
    }
  }
}
    fragment TemplateRow on Template {
  id
  name
  description
  isDefault
  version
  renditions {
    id
    name
    isPassthrough
    videoCodec
    width
    height
    videoBitrateKbps
    frameRate
    audioCodec
    audioBitrateKbps
  }
}`) as unknown as TypedDocumentString<TemplatesQuery, TemplatesQueryVariables>;
export const CreateTemplateDocument = new TypedDocumentString(`
    mutation CreateTemplate($input: CreateTemplateInput!) {
  createTemplate(input: $input) {
    template {
      id
      name
      isDefault
      renditions {
        id
        name
        isPassthrough
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<CreateTemplateMutation, CreateTemplateMutationVariables>;
export const UpdateTemplateDocument = new TypedDocumentString(`
    mutation UpdateTemplate($input: UpdateTemplateInput!) {
  updateTemplate(input: $input) {
    template {
      ...TemplateRow
    }
    userErrors {
      code
      message
      path
    }
  }
}
    fragment TemplateRow on Template {
  id
  name
  description
  isDefault
  version
  renditions {
    id
    name
    isPassthrough
    videoCodec
    width
    height
    videoBitrateKbps
    frameRate
    audioCodec
    audioBitrateKbps
  }
}`) as unknown as TypedDocumentString<UpdateTemplateMutation, UpdateTemplateMutationVariables>;
export const DeleteTemplatesDocument = new TypedDocumentString(`
    mutation DeleteTemplates($input: DeleteTemplatesInput!) {
  deleteTemplates(input: $input) {
    deletedIds
    userErrors {
      code
      message
      path
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteTemplatesMutation, DeleteTemplatesMutationVariables>;
export const WatchedEventDocument = new TypedDocumentString(`
    query WatchedEvent($id: ID!) {
  publicEvent(id: $id) {
    id
    title
    details
    status
    startsAt
    messagingMode
    onDemand {
      blockers {
        code
      }
    }
    languages {
      id
      code
      label
      hlsUrl
      recordings {
        id
        url
        captionsUrl
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WatchedEventQuery, WatchedEventQueryVariables>;
export const PublishedSlideDocument = new TypedDocumentString(`
    subscription PublishedSlide($eventId: ID!) {
  publishedSlide(eventId: $eventId) {
    id
    number
    imageUrl
  }
}
    `) as unknown as TypedDocumentString<PublishedSlideSubscription, PublishedSlideSubscriptionVariables>;
export const QuestionChangesDocument = new TypedDocumentString(`
    subscription QuestionChanges($eventId: ID!, $snapshot: Boolean, $after: Cursor) {
  questionChanges(eventId: $eventId, snapshot: $snapshot, after: $after) {
    cursor
    kind
    questionId
    question {
      id
      text
      authorName
      status
      upvotes
      hasUpvoted
      isMine
      askedAt
      replies {
        text
        authorName
      }
    }
  }
}
    `) as unknown as TypedDocumentString<QuestionChangesSubscription, QuestionChangesSubscriptionVariables>;
export const LatestChatMessagesDocument = new TypedDocumentString(`
    query LatestChatMessages($id: ID!, $first: Int!) {
  publicEvent(id: $id) {
    id
    messages(first: $first) {
      nodes {
        ...ShownMessage
      }
    }
  }
}
    fragment ShownMessage on ChatMessage {
  id
  text
  authorName
  at
}`) as unknown as TypedDocumentString<LatestChatMessagesQuery, LatestChatMessagesQueryVariables>;
export const ChatMessageChangesDocument = new TypedDocumentString(`
    subscription ChatMessageChanges($eventId: ID!, $after: Cursor) {
  chatMessageChanges(eventId: $eventId, after: $after) {
    cursor
    kind
    messageId
    message {
      ...ShownMessage
    }
  }
}
    fragment ShownMessage on ChatMessage {
  id
  text
  authorName
  at
}`) as unknown as TypedDocumentString<ChatMessageChangesSubscription, ChatMessageChangesSubscriptionVariables>;
export const AskQuestionDocument = new TypedDocumentString(`
    mutation AskQuestion($eventId: ID!, $text: String!) {
  askQuestion(input: {eventId: $eventId, text: $text}) {
    question {
      id
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<AskQuestionMutation, AskQuestionMutationVariables>;
export const UpvoteQuestionDocument = new TypedDocumentString(`
    mutation UpvoteQuestion($id: ID!) {
  upvoteQuestion(input: {id: $id}) {
    question {
      id
      upvotes
      hasUpvoted
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpvoteQuestionMutation, UpvoteQuestionMutationVariables>;
export const SendChatMessageDocument = new TypedDocumentString(`
    mutation SendChatMessage($eventId: ID!, $text: String!) {
  sendChatMessage(input: {eventId: $eventId, text: $text}) {
    message {
      id
    }
    userErrors {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SendChatMessageMutation, SendChatMessageMutationVariables>;
export const WebhooksDocument = new TypedDocumentString(`
    query Webhooks($first: Int, $after: String, $deliveries: Int = 20, $status: WebhookDeliveryStatus) {
  webhooks(first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...WebhookRow
      deliveries(first: $deliveries, status: $status) {
        totalCount
        nodes {
          id
          status
          attempts
          responseStatus
          problem
          createdAt
          lastAttemptAt
          nextAttemptAt
          change {
            kind
            at
            cursor
            objectId
            object {
              id
            }
          }
        }
      }
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  url
  kinds
  isEnabled
  disabledReason
  failingSince
  createdAt
}`) as unknown as TypedDocumentString<WebhooksQuery, WebhooksQueryVariables>;
export const CreateWebhookDocument = new TypedDocumentString(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    secret
    webhook {
      ...WebhookRow
    }
    userErrors {
      ...WebhookErrors
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  url
  kinds
  isEnabled
  disabledReason
  failingSince
  createdAt
}
fragment WebhookErrors on UserError {
  code
  message
  path
}`) as unknown as TypedDocumentString<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const UpdateWebhookDocument = new TypedDocumentString(`
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
  updateWebhook(input: $input) {
    webhook {
      ...WebhookRow
    }
    userErrors {
      ...WebhookErrors
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  url
  kinds
  isEnabled
  disabledReason
  failingSince
  createdAt
}
fragment WebhookErrors on UserError {
  code
  message
  path
}`) as unknown as TypedDocumentString<UpdateWebhookMutation, UpdateWebhookMutationVariables>;
export const DeleteWebhooksDocument = new TypedDocumentString(`
    mutation DeleteWebhooks($input: DeleteWebhooksInput!) {
  deleteWebhooks(input: $input) {
    deletedIds
    userErrors {
      ...WebhookErrors
    }
  }
}
    fragment WebhookErrors on UserError {
  code
  message
  path
}`) as unknown as TypedDocumentString<DeleteWebhooksMutation, DeleteWebhooksMutationVariables>;
export const ResendWebhookDocument = new TypedDocumentString(`
    mutation ResendWebhook($input: ResendWebhookInput!) {
  resendWebhook(input: $input) {
    webhook {
      ...WebhookRow
    }
    userErrors {
      ...WebhookErrors
    }
  }
}
    fragment WebhookRow on Webhook {
  id
  url
  kinds
  isEnabled
  disabledReason
  failingSince
  createdAt
}
fragment WebhookErrors on UserError {
  code
  message
  path
}`) as unknown as TypedDocumentString<ResendWebhookMutation, ResendWebhookMutationVariables>;