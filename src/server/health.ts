import { sql } from "drizzle-orm";
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Database } from "../database/database.ts";

/** How long readiness waits for the database: a frozen one answers nothing, not even an error. */
const READINESS_DEADLINE_MILLISECONDS = 2_000;

/** 200 as long as the process answers at all: a database that is away is no reason to restart the gateway. */
export function answerLive(response: ServerResponse): void {
  answer(response, 200, "live");
}

/** 200 when the gateway can do its work; 503 with the reason while the database does not answer, or while it shuts down. */
export async function answerReady(response: ServerResponse, database: Pick<Database, "executor">, isClosing: boolean): Promise<void> {
  if (isClosing) return answer(response, 503, "shutting down");
  const deadline = new AbortController();
  const isAnswering = await Promise.race([
    database.executor.execute(sql`select 1`).then(
      () => true,
      () => false,
    ),
    wait(READINESS_DEADLINE_MILLISECONDS, false, { signal: deadline.signal, ref: false }).catch(() => false),
  ]);
  deadline.abort();
  return isAnswering ? answer(response, 200, "ready") : answer(response, 503, "the database does not answer");
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }).end(`${text}\n`);
}
