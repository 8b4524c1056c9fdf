import { AddressRefused, NotReached, resolveOrThrow, type NetworkAccess } from "../network/connect.ts";
import { addressKind } from "../network/address.rules.ts";
import { CookieJar } from "../network/cookie-jar.ts";
import { untilAborted } from "../network/deadline.ts";
import { openEgressProxy, type ProxyAnswer } from "../network/egress-proxy.ts";
import { inBrackets, pinAddress } from "../network/pin-address.ts";
import { openRelay, type Relay } from "../network/relay.ts";
import { listOwnAddresses } from "../network/resolve.ts";
import { refuseRtspRedirects } from "../network/rtsp-redirects.ts";
import { parseUrl, type ParsedUrl } from "../network/url.parser.ts";
import { InputType } from "../sessions/session.rules.ts";
import { planGroup, planOwnAddress } from "./datagram-plan.rules.ts";
import { openDashView, type DashView } from "./dash-view.ts";
import type { InputCue } from "./hls-cues.rules.ts";
import { masterPlaylist } from "./hls-playlist.rules.ts";
import { readHlsSource } from "./hls-source.ts";
import { openHlsView } from "./hls-view.ts";
import { planHls, planRaw, planRtmp, planRtsp, planSrt, type IngestPlan, type IngestSource } from "./ingest.arguments.ts";
import { playlistPath } from "./input-paths.ts";

/** Why an input does not come in, as a sentence. */
export interface IngestProblem {
  readonly message: string;
  readonly isAddressRefused: boolean;
}

export interface PreparedIngest {
  readonly plan: IngestPlan;
  /** Of a live playlist: another text once another segment is the newest. Null for all others. */
  readonly edge: string | null;
  /** Ends what was opened for it. Idempotent. */
  readonly release: () => void;
}

export interface PrepareOptions {
  readonly access: NetworkAccess;
  readonly signal: AbortSignal;
  /** While it runs: something that it wanted to reach was refused, or ended. */
  readonly onProblem: (problem: IngestProblem) => void;
  /** Left out where the cues of HLS inputs are not wanted. */
  readonly onCue?: (cue: InputCue) => void;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { rtsp: 554, rtsps: 322, rtmp: 1935, rtmps: 443 };

/**
 * Makes ready for one attempt to take an input in. Every address is looked up and checked now; names that can lead elsewhere a
 * moment later go no further than this: processes get addresses, or a proxy or relay of ours that checks each connection.
 * Throws `AddressRefused` and `NotReached`.
 */
export async function prepareIngest(source: IngestSource, options: PrepareOptions): Promise<PreparedIngest> {
  const reading = parseUrl(source.url);
  if ("problem" in reading) throw new NotReached(reading.problem.message);
  const { url } = reading;
  const resolve = untilAborted(options.access.resolve, options.signal);
  const access: NetworkAccess = { ...options.access, resolve, cookies: new CookieJar() };
  switch (source.type) {
    case InputType.MULTICAST_PULL:
    case InputType.RTP_PULL:
      return { plan: await planDatagrams(source, url, access), edge: null, release: () => undefined };
    case InputType.SRT_PULL:
      return { plan: planSrt(source, await pinAddress(source.url, access.resolve)), edge: null, release: () => undefined };
    case InputType.HLS_PULL:
      return prepareHls(source, { ...options, access });
    case InputType.DASH_PULL:
      return prepareDash(source, { ...options, access });
    case InputType.RTSP_PULL: {
      const relay = await relayTo(url, { ...options, access });
      return { plan: planRtsp(source, relay.port), edge: null, release: relay.close };
    }
    case InputType.RTMP_PULL: {
      const relay = await relayTo(url, { ...options, access });
      return { plan: planRtmp(source, relay.port), edge: null, release: relay.close };
    }
    default:
      throw new NotReached(`Inputs of the type ${source.type} cannot be pulled.`);
  }
}

/**
 * A group is joined. Where the URL names one machine, an address of ours is the one to listen on, and any other is the sender,
 * whose packets alone are taken.
 */
async function planDatagrams(source: IngestSource, url: ParsedUrl, access: NetworkAccess): Promise<IngestPlan> {
  const addresses = await resolveOrThrow(hostOf(url), access.resolve);
  const { host } = url;
  if (host.kind === "ADDRESS" && addressKind(host.address).includes("MULTICAST"))
    return planRaw(planGroup(url, host.address, source.multicastInterface));
  const own = new Set(["127.0.0.1", "::1", ...listOwnAddresses()]);
  const address = addresses.find((each) => own.has(each)) ?? null;
  return planRaw(planOwnAddress(url, { address, senders: address === null ? addresses : null }));
}

async function prepareHls(source: IngestSource, options: PrepareOptions): Promise<PreparedIngest> {
  const { access, signal, onCue } = options;
  const { mediaUrl, audioUrl, silenceSeconds, edge } = await readHlsSource(source.url, { access, signal });
  const video = openHlsView({ url: mediaUrl, name: "video", access, signal, ...(onCue ? { onCue } : {}) });
  const audio = audioUrl === null ? null : openHlsView({ url: audioUrl, name: "audio", access, signal });
  const answer = async (path: string): Promise<ProxyAnswer> => (await video(path)) ?? (await audio?.(path)) ?? null;
  return serveHls(source, { media: audio ? ["video", "audio"] : ["video"], silenceSeconds, edge, answer }, options);
}

async function prepareDash(source: IngestSource, options: PrepareOptions): Promise<PreparedIngest> {
  return serveHls(source, await openDashView(source.url, options), options);
}

/** What is only not there for a moment shows in silence, if it lasts; what is refused is told. */
async function serveHls(source: IngestSource, served: DashView, { access, onProblem }: PrepareOptions): Promise<PreparedIngest> {
  const onRefused = (message: string): void => onProblem({ message, isAddressRefused: true });
  const proxy = await openEgressProxy({ access, answer: served.answer, onRefused });
  const [first = "", second = null] = served.media.map((name) => `http://${proxy.host}${playlistPath(name)}`);
  const { silenceSeconds, edge } = served;
  return { plan: planHls(source, { script: masterPlaylist(first, second), silenceSeconds, proxy }), edge, release: proxy.close };
}

/** To the server of the URL, which is looked up now so that what is wrong is known at once, and again as it is connected to. */
async function relayTo(url: ParsedUrl, { access, onProblem }: PrepareOptions): Promise<Relay> {
  await resolveOrThrow(hostOf(url), access.resolve);
  const target = { host: hostOf(url), port: url.port ?? DEFAULT_PORTS[url.scheme] ?? 0, isTls: url.scheme.endsWith("s") };
  return openRelay({ target, access, onProblem, ...(url.scheme.startsWith("rtsp") ? { inspect: refuseRtspRedirects } : {}) });
}

function hostOf({ host }: ParsedUrl): string {
  return host.kind === "NAME" ? host.name : inBrackets(host.address);
}

/** What became of an attempt that could not be made ready. */
export function problemOf(error: unknown): IngestProblem {
  if (error instanceof AddressRefused) return { message: error.message, isAddressRefused: true };
  return { message: error instanceof NotReached ? error.message : "The input could not be prepared.", isAddressRefused: false };
}
