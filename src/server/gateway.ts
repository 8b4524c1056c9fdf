import type { GraphQLSchema } from "graphql";
import type { ApolloServer } from "@apollo/server";
import type { IncomingMessage } from "node:http";
import type { Actor } from "../access/actor.ts";
import type { JoinCalls } from "../shared/join-calls.ts";
import { BoundLog } from "../shared/log.ts";
import { randomToken } from "../shared/identifier.ts";
import { callerAddress } from "../network/caller-address.rules.ts";
import { authenticate } from "../access/authenticate.ts";
import type { TokenVerifier } from "../access/token-verifier.ts";
import type { CallContext, Context } from "../access/context.ts";
import type { ChangeLog } from "../changes/change-log.ts";
import type { Metering } from "../graphql/metering.ts";
import type { Metrics } from "../observability/metrics.ts";
import { activeTraceId } from "../observability/spans.ts";
import type { OriginHandler } from "../origin/origin.ts";
import { findAttendee } from "../audience/find-attendee.ts";
import type { OpenCalls } from "./open-calls.ts";
import { nobody } from "./open-door.ts";
import { createRequestContext, type RequestContext } from "../graphql/request.ts";
import type { Subscriptions } from "../graphql/subscribe.ts";
import type { PersistedOperations } from "../graphql/persisted-operations.ts";
import type { CallLimits } from "../limits/call-limits.ts";

/** What all transports of the gateway work with. */
export interface Gateway {
  readonly schema: GraphQLSchema;
  readonly apollo: ApolloServer<RequestContext>;
  readonly changeLog: ChangeLog;
  /** What is read once a second for all of its subscribers. */
  readonly feeds: RequestContext["feeds"];
  readonly limits: CallLimits;
  readonly joinLookups: JoinCalls<Actor | null>;
  readonly operations: PersistedOperations;
  /** All of a context but who calls. */
  readonly base: Omit<Context, keyof CallContext>;
  /** Origins of pages that may call, beside our own. */
  readonly allowedOrigins: readonly string[];
  /** Origins of pages that may show the player page in a frame; none when left out. */
  readonly embedOrigins?: readonly string[];
  /** Networks of proxies that are believed when they say for whom they ask; none when left out. */
  readonly trustedProxies?: readonly string[];
  readonly originHandler: OriginHandler | null;
  /** Serves assets, shares and stills; nothing does when it is null or left out. */
  readonly assetHandler?: OriginHandler | null;
  /** Null or left out: API keys alone open the door. */
  readonly tokens?: TokenVerifier | null;
  readonly metrics: Metrics;
  /** What scrapers of the metrics send; null: only this machine may scrape. */
  readonly metricsToken?: string | null;
  readonly metering: Metering;
  readonly subscriptions: Subscriptions;
  readonly openCalls: OpenCalls;
}

const REQUEST_ID_PATTERN = /^[\w.-]{1,64}$/;
const REQUEST_ID_LENGTH = 20;

const requestIds = new WeakMap<IncomingMessage, string>();

/** The caller's own request id where it sent a plain one, so that both logs can be read together; else a new one, the same at every call. */
export function requestIdOf(request: IncomingMessage): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const given = request.headers["x-request-id"];
  const id = typeof given === "string" && REQUEST_ID_PATTERN.test(given) ? given : newRequestId();
  requestIds.set(request, id);
  return id;
}

export function newRequestId(): string {
  return randomToken(REQUEST_ID_LENGTH);
}

/** A call whose caller is not known yet. */
export interface IncomingCall {
  readonly request: IncomingMessage;
  readonly authorization: string | null;
  readonly requestId: string;
  /** Whether what is asked for is open without a credential. */
  readonly isForAnybody?: boolean;
  readonly signal?: AbortSignal;
}

/** Finds out who calls; throws UNAUTHENTICATED, or RATE_LIMITED where that was guessed at too often. */
export async function contextFor(
  gateway: Gateway,
  { request, authorization, requestId, isForAnybody = false, signal }: IncomingCall,
): Promise<RequestContext> {
  const { base, changeLog, feeds, joinLookups, metering, limits, tokens = null } = gateway;
  const ipAddress = addressOf(gateway, request);
  const door = { ...base, joinLookups, tokens, attendees: (token: string) => findAttendee(base, token) };
  const isOpen = authorization === null && isForAnybody;
  const actor = isOpen
    ? nobody(ipAddress)
    : await limits.guesses.guard({ ipAddress, authorization }, () => authenticate(door, authorization));
  const traceId = activeTraceId();
  const log = new BoundLog(base.log, { requestId, actor: actor.name, ...(traceId && { traceId }) });
  const budget = limits.budgetOf(actor.callerId);
  const shared = { changeLog, feeds, metering, budget, guesses: limits.accessCodes };
  return createRequestContext(Object.assign({}, base, { actor, ipAddress, requestId, log, signal }), shared);
}

/** Where a request comes from, proxies that are trusted looked through; null for what comes from no network. */
export function addressOf({ trustedProxies = [] }: Gateway, request: IncomingMessage): string | null {
  return callerAddress(request.socket.remoteAddress, request.headers["x-forwarded-for"], trustedProxies);
}

/** Whether a page of this origin may call. Without an Origin header it is no browser, and the credential alone decides. */
export function isAllowedOrigin(gateway: Gateway, request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (gateway.allowedOrigins.includes(origin) || origin === originOf(gateway.base.publicUrl)) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

/** The address that a request names, or null for what is none; its host is not looked at. */
export function urlOf(request: IncomingMessage): URL | null {
  const base = "http://localhost";
  return URL.canParse(request.url ?? "/", base) ? new URL(request.url ?? "/", base) : null;
}
