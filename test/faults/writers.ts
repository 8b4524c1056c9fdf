import type { GraphqlClient } from "../support/clients.ts";

/** What a writer was told of its object. */
export interface Written {
  readonly id: string;
  /** Numbers that were acknowledged, in their order. */
  readonly acknowledged: number[];
  /** The last number that was sent, answered or not. */
  sent: number;
}

export interface Writers {
  readonly objects: readonly Written[];
  /** When a write was last acknowledged, by `performance.now`. */
  readonly lastAcknowledgedAt: () => number;
  /** Answers that were none of: done, SERVICE_UNAVAILABLE, TIMEOUT. */
  readonly surprises: readonly string[];
  /** How long the slowest answer took, in milliseconds. */
  readonly slowest: () => number;
  /** Resolves when the last answer has come. */
  readonly stop: () => Promise<void>;
}

export interface WritersOptions {
  readonly client: GraphqlClient;
  readonly ids: readonly string[];
  /** Of all writers together. */
  readonly perSecond: number;
}

const UPDATE = `mutation Write($id: ID!, $text: String!) {
  updateSession(input: { id: $id, description: $text }) { session { id } userErrors { code message } } }`;
/** What a write makes of the description: the number, and a word that subscribers filter by. */
export const ODD = "odd";
export const textOf = (number: number): string => `${number} ${number % 2 === 1 ? ODD : "even"}`;
export const numberOf = (text: string | null): number => Number.parseInt(text ?? "0", 10);

const MAY_COME: readonly unknown[] = ["SERVICE_UNAVAILABLE", "TIMEOUT"];

/** One writer for each object, which counts up in its description: a number at a time, the next one when the last was answered. */
export function startWriters({ client, ids, perSecond }: WritersOptions): Writers {
  const objects: Written[] = ids.map((id) => ({ id, acknowledged: [], sent: 0 }));
  const surprises: string[] = [];
  const intervalMilliseconds = (1_000 * ids.length) / perSecond;
  let isStopped = false;
  let lastAcknowledgedAt = 0;
  let slowest = 0;

  async function write(object: Written): Promise<void> {
    object.sent += 1;
    const startedAt = performance.now();
    const { data, errors } = await client.ask(UPDATE, { id: object.id, text: textOf(object.sent) });
    slowest = Math.max(slowest, performance.now() - startedAt);
    const code = errors[0]?.extensions.code;
    if (errors.length === 0 && data?.["updateSession"].userErrors.length === 0) {
      object.acknowledged.push(object.sent);
      lastAcknowledgedAt = performance.now();
    } else if (!MAY_COME.includes(code)) surprises.push(JSON.stringify(errors.length > 0 ? errors : data));
  }

  async function run(object: Written, index: number): Promise<void> {
    await pause((intervalMilliseconds * index) / ids.length);
    let dueAt = performance.now();
    while (!isStopped) {
      await write(object).catch((error: unknown) => surprises.push(String(error)));
      // What an outage kept from being written is not made up for.
      dueAt = Math.max(dueAt + intervalMilliseconds, performance.now() - intervalMilliseconds);
      await pause(Math.max(0, dueAt - performance.now()));
    }
  }

  const running = Promise.all(objects.map(run));
  return {
    objects,
    surprises,
    lastAcknowledgedAt: () => lastAcknowledgedAt,
    slowest: () => slowest,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
