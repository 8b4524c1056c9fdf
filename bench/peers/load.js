// Sends one request so many times over so many connections, each as soon as the one before is answered; a process of its own.
import { Pool } from "undici";

const TIMEOUT_MILLISECONDS = 120_000;
/** @type {Map<string, Pool>} */
const pools = new Map();

/** @typedef {{ url: string, headers: Record<string, string>, body: string, connections: number, amount: number }} Load */
process.on("message", async (/** @type {Load} */ { url, headers, body, connections, amount }) => {
  const { origin, pathname } = new URL(url);
  const pool = pools.get(origin) ?? new Pool(origin, { connections, pipelining: 1, headersTimeout: TIMEOUT_MILLISECONDS });
  pools.set(origin, pool);
  let sent = 0;
  let right = 0;
  const keepAsking = async () => {
    while (sent < amount) {
      sent += 1;
      const response = await pool.request({
        path: pathname,
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      let bytes = 0;
      for await (const chunk of response.body) bytes += chunk.length;
      if (response.statusCode === 200 && bytes > 0) right += 1;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, keepAsking));
  process.send?.({ right, seconds: (performance.now() - startedAt) / 1_000 });
});
process.once("disconnect", () => process.exit());
