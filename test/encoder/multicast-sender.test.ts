import { expect, it } from "vitest";
import { openMulticastSender } from "../../src/encoder/multicast-sender.ts";
import { eventually } from "../support/media.ts";

it.each([
  ["127.0.0.1", "udp://239.255.3.4:5000", null],
  ["192.0.2.1", "udp://239.255.3.4:5000", "no interface with the address"],
  [null, "udp://nowhere.test:5000", "names no group"],
])("through %s to %s: %s", async (multicastInterface, url, problem) => {
  const sender = openMulticastSender({ url, multicastInterface });
  const state = await eventually("it knows", () => (sender.state().isConnected || sender.state().problem !== null) && sender.state());
  expect(state.isConnected).toBe(problem === null);
  if (problem !== null) expect(state.problem).toContain(problem);
  await sender.close();
});
