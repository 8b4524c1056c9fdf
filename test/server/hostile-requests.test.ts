import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_STATUS } from "../../src/graphql/errors.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { bodyOf, HOSTILE_REQUESTS, type HostileRequest } from "./hostile-requests.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ limits: { points: null } });
});
afterAll(() => server.stop());

interface Timed {
  readonly status: number;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly errors: readonly Loose[];
}

async function send(body: string): Promise<Timed> {
  const started = performance.now();
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", accept: "application/graphql-response+json" },
    body,
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;
  const { errors = [] } = JSON.parse(text) as { errors?: Loose[] };
  return { status: response.status, milliseconds, bytes: text.length, errors };
}

/** What is asked beside each of them: as long, and nothing to it. */
const harmless = (length: number) => {
  const [before, after] = ['{"query":"{ changeCursor }","variables":{"a":"', '"}}'];
  return `${before}${"x".repeat(Math.max(0, length - before.length - after.length))}${after}`;
};

const ROUNDS = 4;
/** On a quiet machine the harmless ones take 2 to 20 ms, and all that is hostile at most 50 more. */
const FACTOR = 10;
const GRACE_MILLISECONDS = 50;

describe("hostile requests", () => {
  it.each(HOSTILE_REQUESTS.map((request): [string, HostileRequest] => [request.name, request]))("%s", async (_, request) => {
    const body = bodyOf(request);
    expect(body.length).toBeLessThan(1_000_000);
    const [hostile, trivial]: [Timed[], Timed[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      trivial.push(await send(harmless(body.length)));
      hostile.push(await send(body));
    }
    expect(trivial.map(({ status }) => status)).toEqual(trivial.map(() => 200));
    for (const { status, errors, bytes } of hostile) {
      expect([status, errors[0]?.["extensions"].code ?? null]).toEqual([request.code === null ? 200 : 400, request.code]);
      expect(errors.length).toBeLessThanOrEqual(5);
      if (request.code !== null) expect(bytes).toBeLessThan(10_000);
      for (const { extensions } of errors) expect(Object.keys(ERROR_STATUS)).toContain(extensions.code);
    }
    const best = (answers: readonly Timed[]) => Math.min(...answers.map(({ milliseconds }) => milliseconds));
    expect(best(hostile)).toBeLessThan(GRACE_MILLISECONDS + FACTOR * best(trivial));
  });

  it("leave a server that answers as before", async () => {
    expect((await server.graphql("{ caller { accessLevel } }"))["caller"].accessLevel).toBe("ADMIN");
  });
});
