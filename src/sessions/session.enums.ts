import { registerEnumType } from "type-graphql";
import {
  DesiredStatus,
  Health,
  ImportMode,
  ImportOutcome,
  InputPath,
  InputType,
  Outcome,
  RemapMode,
  RemapType,
  SessionOrder,
  SessionStatus,
  SortDirection,
  Verb,
  SwitchReason,
} from "./session.rules.ts";

registerEnumType(SessionStatus, {
  name: "SessionStatus",
  description: "What a session or playback is observed to do, kept apart from what was asked for.",
  valuesConfig: {
    STOPPED: { description: "Nothing runs and nothing is wanted to." },
    STARTING: { description: "A start was recorded; an encoder is being found or made ready. statusReason says what it waits for." },
    WAITING: { description: "Started, the encoder is ready, and no input has arrived yet." },
    RUNNING: { description: "Output exists. It stays RUNNING through a loss of input, with health ERROR." },
    STOPPING: { description: "A stop or restart was recorded; the encoder is ending." },
    FAILED: { description: "The encoder gave up; statusReason says why. Start it again or delete it." },
  },
});

registerEnumType(DesiredStatus, {
  name: "DesiredStatus",
  description: "What was asked for. It survives restarts of gateways and encoders.",
  valuesConfig: {
    STOPPED: { description: "The session is wanted to be off." },
    RUNNING: { description: "The session is wanted to be on; encoders try for ever, except after FAILED." },
  },
});

registerEnumType(Health, {
  name: "Health",
  description: "How well it goes, beside the status.",
  valuesConfig: {
    OK: { description: "Nothing wrong is known." },
    WARNING: { description: "It works, and something wants to be looked at." },
    ERROR: { description: "Viewers or receivers do not get what they should, such as after a loss of input." },
  },
});

registerEnumType(InputType, {
  name: "InputType",
  description: "Where a session's signal comes from. It can never change.",
  valuesConfig: {
    MULTICAST_PULL: { description: "MPEG-TS over UDP multicast, with an optional second path to fail over to." },
    HLS_PULL: { description: "An HLS playlist that we fetch." },
    DASH_PULL: { description: "A DASH manifest that we fetch." },
    RTSP_PULL: { description: "An RTSP server that we connect to." },
    SRT_PULL: { description: "An SRT listener that we call." },
    RTP_PULL: { description: "MPEG-TS over RTP." },
    RTMP_PULL: { description: "An RTMP server that we connect to. Not supported by CSV." },
    SRT_PUSH: { description: "A sender calls us over SRT, with a stream key and optional encryption." },
    RTMP_PUSH: { description: "A sender publishes to us over RTMP, with a stream key." },
    CAPTURE_CARD: { description: "A capture card of the encoder's machine. Not supported by CSV." },
  },
});

registerEnumType(InputPath, {
  name: "InputPath",
  description: "One of the two paths of an input.",
  valuesConfig: { A: { description: "The primary path; every start begins on it." }, B: { description: "The backup path." } },
});

registerEnumType(RemapType, {
  name: "RemapType",
  description: "The kind of elementary stream that a remap rule is about.",
  valuesConfig: {
    VIDEO: { description: "A stream of pictures." },
    AUDIO: { description: "A stream of sound, such as one language." },
    SUBTITLE: { description: "Subtitles or captions carried as a stream." },
    DATA: { description: "Anything else, such as SCTE-35." },
  },
});

registerEnumType(RemapMode, {
  name: "RemapMode",
  description: "What a remap rule does with the streams it is about.",
  valuesConfig: {
    PASSTHROUGH: { description: "The stream is kept as it is." },
    REMAP: { description: "The stream is kept and put at the rule's place." },
    DROP: { description: "The stream is left out." },
  },
});

registerEnumType(Verb, {
  name: "Verb",
  description: "What a caller can ask for, as it stands in a session's last command and in the audit.",
  valuesConfig: {
    START: { description: "Start sessions." },
    STOP: { description: "Stop sessions." },
    RESTART: { description: "Restart running sessions." },
    DELETE: { description: "Delete stopped sessions." },
    SWITCH_INPUT: { description: "Switch to the other input path." },
    CLEAR_ALERTS: { description: "Clear open alerts." },
    ACKNOWLEDGE_ALERTS: { description: "Look after open alerts, and snooze them." },
    SHOW_SLATE: { description: "Show the slate." },
    HIDE_SLATE: { description: "Hide the slate." },
    CREATE: { description: "Create an object." },
    UPDATE: { description: "Change an object." },
    IMPORT: { description: "Create sessions from a CSV file." },
    CONFIGURE: { description: "Configure live processing." },
    START_TEST: { description: "Start the test of an event." },
    STOP_TEST: { description: "Stop the test of an event." },
    GO_LIVE: { description: "Take an event live." },
    STOP_EVENT: { description: "End an event for good." },
    MODERATE: { description: "Moderate questions or messages." },
    REVEAL_SECRET: { description: "Read a secret in clear." },
    ROTATE_SECRET: { description: "Replace a secret." },
    SCHEDULE: { description: "Have something done at a time." },
    CANCEL: { description: "Take back what was to be done at a time." },
  },
});

registerEnumType(SwitchReason, {
  name: "SwitchReason",
  description: "Why an input went from one path to the other.",
  valuesConfig: {
    MANUAL: { description: "Somebody asked for it." },
    INPUT_LOST: { description: "The path had no signal any more." },
    ERROR_THRESHOLD: { description: "More packets of the path were lost or damaged than the error threshold allows." },
    RECOVERY: { description: "Path A was good again." },
  },
});

registerEnumType(Outcome, {
  name: "Outcome",
  description: "What became of one thing asked for.",
  valuesConfig: {
    ACCEPTED: { description: "Recorded as wanted; what then happens is pushed by `sessionChanges`." },
    SKIPPED: { description: "Left alone, since it is already so or its status does not allow it; the error says which." },
    FAILED: { description: "Refused; the error says why." },
  },
});

registerEnumType(SessionOrder, {
  name: "SessionOrder",
  description: "How a list of sessions is ordered; ties are broken by id.",
  valuesConfig: {
    NAME: { description: "By name, letter case and accents aside, numbers by value: Channel 2 stands before Channel 10." },
    CREATED_AT: { description: "By when they were created." },
    STATUS: { description: "By status, what wants attention first: FAILED, STARTING, WAITING, STOPPING, RUNNING, STOPPED." },
    HEALTH: { description: "By health, worst first: ERROR, WARNING, OK." },
    STATUS_CHANGED_AT: { description: "By when the status last changed." },
  },
});

registerEnumType(SortDirection, {
  name: "SortDirection",
  description: "Which end of an order comes first.",
  valuesConfig: {
    ASC: { description: "As the order's description says." },
    DESC: { description: "The other way round." },
  },
});

registerEnumType(ImportMode, {
  name: "ImportMode",
  description: "What a call that describes many sessions does with those that are already there.",
  valuesConfig: {
    CREATE: { description: "Refuses them: every row or item is a new session." },
    UPSERT: {
      description:
        "Edits the session where it differs. A row of CSV means the session of its name, an item of `createSessions` that of its externalId where it gives one, else that of its name; playbacks are matched by their names, and those that are not listed go. A column or field that is left out leaves its value as it is, an empty cell or null clears it, but secrets that are empty, null or masked stay. What an edit of the input or the outputs is needs the session to be STOPPED; their types can never change.",
    },
  },
});

registerEnumType(ImportOutcome, {
  name: "ImportOutcome",
  description: "What became of one described session.",
  valuesConfig: {
    CREATED: { description: "It was created." },
    UPDATED: { description: "One was there and was changed." },
    UNCHANGED: { description: "One was there and was already like this." },
  },
});
