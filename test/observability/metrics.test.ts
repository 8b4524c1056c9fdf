import { expect, it } from "vitest";
import { openMetrics } from "../../src/observability/metrics.ts";
import { parseScrape } from "../support/prometheus.ts";

it("the figures of a process are well-formed, however soon they are asked for again", async () => {
  const metrics = openMetrics({ ofProcess: true });
  await metrics.text();
  // Nothing was measured of the event loop in between.
  for (let round = 0; round < 5; round += 1)
    expect(parseScrape(await metrics.text()).value("process_resident_memory_bytes")).toBeGreaterThan(0);
});
