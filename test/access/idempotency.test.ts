import { afterAll, beforeAll, expect, it } from "vitest";
import { inTransaction, type Context } from "../../src/access/context.ts";
import { idempotently, type IdempotentCall } from "../../src/access/idempotency.ts";
import { createTestContext } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let context: Context;
beforeAll(async () => {
  test = await openTestDatabase();
  context = await createTestContext(test.database);
});
afterAll(() => test.close());

const call: IdempotentCall = { operation: "test", key: "key", input: { value: 1 } };
const run = (work: () => Promise<string>) => inTransaction(context, "test", (each) => idempotently(each, call, work));

it("answers IDEMPOTENCY_IN_PROGRESS when the first call lasts longer than a second one may wait, then the first one's answer", async () => {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let finish: (answer: string) => void = () => undefined;
  const answer = run(() => {
    begin();
    return new Promise((resolve) => (finish = resolve));
  });
  await begun;
  const startedAt = Date.now();
  await expect(run(() => Promise.resolve("second"))).rejects.toMatchObject({ name: "Fault", code: "IDEMPOTENCY_IN_PROGRESS" });
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  finish("first");
  expect(await answer).toBe("first");
  expect(await run(() => Promise.resolve("third"))).toBe("first");
});
