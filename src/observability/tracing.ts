import type { Logger } from "../shared/log.ts";

export interface TracingOptions {
  /** The base of an OTLP receiver over HTTP, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** From 0 to 1: of requests whose caller has not decided, the share that is traced. */
  readonly share: number;
  readonly version: string;
  readonly log: Logger;
}

/** Longest wait for what is not sent yet at the end. */
const FLUSH_MILLISECONDS = 2_000;

/**
 * Sends spans from now on. The SDK is loaded only here: who does not trace neither waits for it nor runs any of it. It is a plain
 * dependency all the same, 24 MB of an installation's 160, since an optional one would turn a setting into a failed start.
 * Its 2.x line, since 3.x wants Node 22. Gives the function that sends the rest and ends it.
 */
export async function startTracing({ endpoint, share, version, log }: TracingOptions): Promise<() => Promise<void>> {
  const { context, diag, DiagLogLevel, propagation, trace } = await import("@opentelemetry/api");
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const { W3CTraceContextPropagator } = await import("@opentelemetry/core");
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  const { detectResources, envDetector, resourceFromAttributes } = await import("@opentelemetry/resources");
  const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } = await import("@opentelemetry/sdk-trace");

  const ignore = (): void => undefined;
  const tell = (message: string): void => log.warn({ detail: message }, "traces cannot be sent");
  diag.setLogger({ error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.WARN });
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  const named = resourceFromAttributes({ "service.name": "headend", "service.version": version });
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before ours.
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const manager = new AsyncLocalStorageContextManager();
  context.setGlobalContextManager(manager.enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);

  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MILLISECONDS)));
    await Promise.race([provider.shutdown(), deadline]);
    clearTimeout(timer);
  };
}
