import { registerEnumType } from "type-graphql";
import { AlertCode, AlertEndReason, AlertSeverity } from "./alert.rules.ts";

registerEnumType(AlertSeverity, {
  name: "AlertSeverity",
  description: "How bad it is.",
  valuesConfig: {
    WARNING: { description: "It works, and something wants to be looked at. Clearing a session's alerts clears these." },
    ERROR: { description: "Viewers or receivers do not get what they should." },
  },
});

registerEnumType(AlertCode, {
  name: "AlertCode",
  description: "What is wrong: programs decide by it. Ends by itself 10 seconds after its cause is gone, where nothing else is said.",
  valuesConfig: {
    INPUT_LOST: { description: "The signal of the input does not arrive any more, or cannot be reached." },
    FAILED_OVER: { description: "The signal is taken from path B. Ends once it is taken from path A again." },
    ERROR_THRESHOLD: { description: "More packets of an input path were lost in 30 seconds than its threshold allows." },
    ENCODER_RESTARTED: { description: "The encoder crashed and was started again. Stays open until it is cleared or the session stops." },
    ENCODER_LOST: {
      description:
        "The encoder's machine was not heard of any more, and the session was taken from it. Stays open until it is cleared or the session stops.",
    },
    OUTPUT_FAILED: { description: "An output is not taken by its receiver, or does not grow." },
    SLOW_ENCODING: { description: "Encoding is slower than real time, so that pictures are dropped." },
    NO_CAPACITY: { description: "No encoder of the session's region has room for it, can run it, or is online. Ends once one takes it." },
    STORAGE_FULL: { description: "The disk of the encoder has no room for what is to be written." },
    URL_BLOCKED: { description: "An address leads to where this installation may not connect." },
    PROCESS_FAILED: { description: "A live-processing job of the session failed." },
  },
});

registerEnumType(AlertEndReason, {
  name: "AlertEndReason",
  description: "Why an alert is not open any more.",
  valuesConfig: {
    RESOLVED: { description: "Its cause was gone for 10 seconds." },
    CLEARED: { description: "Somebody cleared it; where the cause held on, a new alert was raised at once." },
    SUBJECT_STOPPED: { description: "The session was stopped." },
    SUBJECT_DELETED: { description: "The session was deleted." },
  },
});
