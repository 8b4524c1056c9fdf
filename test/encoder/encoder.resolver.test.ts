import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encoders } from "../../src/encoder/encoder.table.ts";
import { newIdentifier, randomToken } from "../../src/shared/identifier.ts";
import { openFrontDoor, type FrontDoor } from "../support/front-door.ts";

let door: FrontDoor;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());

const READ = `{ regions { name isDefault capacity running } encoders { id name status capacity running supportedInputs } }`;

async function register(name: string, region: string, status: "ONLINE" | "LOST"): Promise<string> {
  const id = newIdentifier("encoder");
  await door.database.executor.insert(encoders).values({
    id,
    name,
    region,
    status,
    capacity: 4,
    supportedInputs: ["HLS_PULL"],
    supportedOutputs: ["HTTP"],
    supportedVideoCodecs: ["H264"],
    supportedAudioCodecs: ["AAC"],
    missing: [],
    version: "0",
  });
  return id;
}

async function holdSession(organizationId: string, encoderId: string): Promise<void> {
  const name = randomToken(10);
  await door.database.executor.execute(sql`
    insert into sessions (id, organization_id, stream_id, name, name_key, name_order, search_text, region, labels, input_type, encoder_id)
    values (${newIdentifier("session")}, ${organizationId}, ${name}, ${name}, ${name}, ${name}, '', 'east', '{}', 'SRT_PUSH', ${encoderId})`);
}

describe("encoders and regions", () => {
  it("are listed with what they hold, the default region also while it has none", async () => {
    const { id, ask } = await door.organization();
    expect((await ask(READ)).data).toEqual({ regions: [{ name: "local", isDefault: true, capacity: 0, running: 0 }], encoders: [] });
    const [one, two] = [await register("one", "east", "ONLINE"), await register("two", "east", "LOST")];
    await register("three", "west", "ONLINE");
    for (const encoder of [one, one, two]) await holdSession(id, encoder);
    expect((await ask(READ)).data).toMatchObject({
      regions: [
        { name: "east", isDefault: false, capacity: 4, running: 3 },
        { name: "local", isDefault: true, capacity: 0, running: 0 },
        { name: "west", isDefault: false, capacity: 4, running: 0 },
      ],
      encoders: [
        { name: "one", status: "ONLINE", running: 2, supportedInputs: ["HLS_PULL"] },
        { name: "two", status: "LOST", running: 1 },
        { name: "three", running: 0 },
      ],
    });
    expect((await ask(`query ($id: ID!) { node(id: $id) { id ... on Encoder { name running } } }`, { id: one })).data).toEqual({
      node: { id: one, name: "one", running: 2 },
    });
  });
});
