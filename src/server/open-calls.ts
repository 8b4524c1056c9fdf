import type { ServerResponse } from "node:http";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** The calls that are not answered yet. */
export interface OpenCalls {
  /** Aborted once nobody waits for this answer, or the gateway ends. */
  readonly signalOf: (response: ServerResponse) => AbortSignal;
  /** Tells all of them that the gateway ends: what only waits need not keep it. */
  readonly close: () => void;
}

export function createOpenCalls(): OpenCalls {
  const open = new Set<AbortController>();
  let isClosing = false;
  return {
    signalOf(response) {
      const call = new AbortController();
      if (isClosing) call.abort(ending());
      open.add(call);
      response.once("close", () => {
        open.delete(call);
        if (!response.writableFinished) call.abort(new Fault(FaultCode.BAD_REQUEST, "The caller went away before the answer."));
      });
      return call.signal;
    },
    close() {
      isClosing = true;
      for (const call of open) call.abort(ending());
    },
  };
}

function ending(): Fault {
  return new Fault(FaultCode.SERVICE_UNAVAILABLE, "This gateway ends. Nothing was done. Send the request again.");
}
