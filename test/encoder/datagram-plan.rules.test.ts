import { describe, expect, it } from "vitest";
import { planGroup, planOwnAddress } from "../../src/encoder/datagram-plan.rules.ts";
import { parseUrl, type ParsedUrl } from "../../src/network/url.parser.ts";

function parsed(text: string): ParsedUrl {
  const reading = parseUrl(text);
  if ("problem" in reading) throw new Error(reading.problem.message);
  return reading.url;
}

describe("what a group is received by", () => {
  it.each(["udp", "rtp"])("is the group and port of a %s URL, on the interface of the installation", (scheme) => {
    expect(planGroup(parsed(`${scheme}://239.1.2.3:5000`), "239.1.2.3", "10.0.0.7")).toEqual({
      ...{ address: "239.1.2.3", port: 5_000, isGroup: true, multicastInterface: "10.0.0.7" },
      ...{ senders: null, isShared: true, socketBytes: 4_194_304, queueBytes: 9_400_000, endsWhenFull: false },
    });
  });

  it.each([
    ["sources=192.0.2.7", { senders: ["192.0.2.7"] }],
    ["sources=192.0.2.7,2001:0DB8:0::1", { senders: ["192.0.2.7", "2001:db8::1"] }],
    ["reuse=0", { isShared: false }],
    ["reuse=1", { isShared: true }],
    ["buffer_size=1000000", { socketBytes: 1_000_000 }],
    ["fifo_size=100000", { queueBytes: 18_800_000 }],
    ["fifo_size=10", { queueBytes: 1_000_000 }],
    ["overrun_nonfatal=0", { endsWhenFull: true }],
    ["overrun_nonfatal=1&reuse=0", { endsWhenFull: false, isShared: false }],
    ["pkt_size=188", {}],
  ])("does as ?%s says", (query, own) => {
    const plain = planGroup(parsed("udp://239.1.2.3:5000"), "239.1.2.3", null);
    expect(planGroup(parsed(`udp://239.1.2.3:5000?${query}`), "239.1.2.3", null)).toEqual({ ...plain, ...own });
  });
});

describe("what RTP to this machine is received by", () => {
  it.each([
    ["", null, null],
    ["", ["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"]],
    ["?sources=192.0.2.2", null, ["192.0.2.2"]],
    ["?sources=192.0.2.2,192.0.2.3", ["192.0.2.1", "192.0.2.2"], ["192.0.2.2"]],
    ["?sources=192.0.2.3", ["192.0.2.1"], []],
  ])("takes, of %j and the senders %j, those of %j", (query, senders, expected) => {
    const plan = planOwnAddress(parsed(`rtp://host.example:5004${query}`), { address: null, senders });
    expect(plan).toMatchObject({ address: null, port: 5_004, isGroup: false, senders: expected, isShared: false });
  });
});
