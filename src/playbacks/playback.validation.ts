import type { NetworkPolicy } from "../network/network-policy.ts";
import { checkFilePath, filePathKey } from "../network/file-path.rules.ts";
import { checkOutputUrl } from "../network/url.rules.ts";
import type { PlaybackDraft } from "../sessions/session.draft.ts";
import type { PlaybackCandidate } from "../sessions/session.input.ts";
import type { Validated, ValidationFacts } from "../sessions/session.validation.ts";
import { nameKey } from "../shared/name.ts";
import { prefixed, UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { renditionFitsOutput } from "./output-fit.rules.ts";
import { OUTPUT_TYPE_FACTS, type OutputType } from "./playback.rules.ts";

/** The playbacks of one session: each by itself, then their names against one another. Paths begin with `playbacks`. */
export function validatePlaybacks(candidates: readonly PlaybackCandidate[], facts: ValidationFacts): Validated<readonly PlaybackDraft[]> {
  const results = candidates.map((candidate) => validatePlayback(candidate, facts));
  const errors = [
    ...results.flatMap((result, index) => prefixed(result.errors ?? [], ["playbacks", String(index)])),
    ...findDuplicateNames(candidates.map((candidate) => candidate.name)),
    ...findSharedFiles(candidates),
  ];
  return errors.length > 0 ? { errors } : { draft: results.flatMap((result) => result.draft ?? []) };
}

/** One playback, by its type and its template; paths are relative to the playback. */
export function validatePlayback(candidate: PlaybackCandidate, facts: ValidationFacts): Validated<PlaybackDraft> {
  const template = findTemplate(candidate, facts);
  const errors = [
    ...(template.errors ?? []),
    ...(template.draft ? [...checkUrls(candidate, template.draft, facts.network), ...checkFit(candidate.type, template.draft)] : []),
    ...checkHttp(candidate),
    ...checkService(candidate),
    ...checkFile(candidate),
  ];
  if (errors.length > 0 || !template.draft) return { errors };
  return {
    draft: {
      name: candidate.name,
      type: candidate.type,
      templateId: template.draft.id,
      urls: candidate.urls ?? [],
      hlsEnabled: candidate.hlsEnabled ?? false,
      dashEnabled: candidate.dashEnabled ?? false,
      serviceProvider: candidate.serviceProvider ?? null,
      programNumber: candidate.programNumber ?? null,
      fileFormat: candidate.fileFormat ?? null,
      maxFileDurationSeconds: candidate.maxFileDurationSeconds ?? null,
    },
  };
}

function findTemplate({ templateId }: PlaybackCandidate, facts: ValidationFacts): Validated<TemplateFacts> {
  const id = templateId ?? facts.defaultTemplateId;
  if (id === null) {
    return { errors: [error(UserErrorCode.REQUIRED, "templateId", "Name a template: the organization has no default one.")] };
  }
  const template = facts.templates.get(id);
  return template ? { draft: template } : { errors: [error(UserErrorCode.NOT_FOUND, "templateId", "There is no template with this id.")] };
}

/** How many URLs an output of this type takes with this template. */
export function expectedUrlCount(type: OutputType, renditionCount: number): number {
  const { urlCount } = OUTPUT_TYPE_FACTS[type];
  return urlCount === "NONE" ? 0 : urlCount === "ONE" ? 1 : renditionCount;
}

function checkUrls({ type, urls }: PlaybackCandidate, template: TemplateFacts, network: NetworkPolicy): UserError[] {
  const given = urls ?? [];
  const expected = expectedUrlCount(type, template.renditions.length);
  if (given.length !== expected) return [error(UserErrorCode.URL_COUNT, "urls", urlCountMessage(type, expected, given.length))];
  return given.flatMap((url, index) => {
    const problem = type === "FILE" ? checkFilePath(url) : checkOutputUrl(type, url, network);
    return problem ? [{ code: problem.code, message: problem.message, path: ["urls", String(index)] }] : [];
  });
}

export function urlCountMessage(type: OutputType, expected: number, given: number): string {
  const { urlCount } = OUTPUT_TYPE_FACTS[type];
  if (urlCount === "NONE") return `A ${type} output takes no URL: it gets its addresses from here.`;
  if (type === "FILE") return `A FILE output takes one path, ${given} were given.`;
  if (urlCount === "ONE") return `A ${type} output takes one URL, ${given} were given.`;
  return `A ${type} output takes one URL for each rendition of its template: ${expected}, and ${given} were given.`;
}

function checkFit(type: OutputType, template: TemplateFacts): UserError[] {
  return template.renditions.flatMap((rendition) => {
    const problem = renditionFitsOutput(rendition, type);
    return problem ? [error(UserErrorCode.NOT_APPLICABLE, "templateId", problem)] : [];
  });
}

function checkHttp({ type, hlsEnabled, dashEnabled }: PlaybackCandidate): UserError[] {
  if (type === "HTTP") {
    if (hlsEnabled || dashEnabled) return [];
    return [error(UserErrorCode.REQUIRED, "hlsEnabled", "An HTTP output needs HLS or DASH, or both, to be enabled.")];
  }
  return [...onlyFor(hlsEnabled === true, "hlsEnabled", "HTTP outputs"), ...onlyFor(dashEnabled === true, "dashEnabled", "HTTP outputs")];
}

function checkService({ type, serviceProvider, programNumber }: PlaybackCandidate): UserError[] {
  if (OUTPUT_TYPE_FACTS[type].supportsService) return [];
  return [
    ...onlyFor(Boolean(serviceProvider), "serviceProvider", "MULTICAST and SRT_PUSH outputs"),
    ...onlyFor(Boolean(programNumber), "programNumber", "MULTICAST and SRT_PUSH outputs"),
  ];
}

function checkFile({ type, fileFormat, maxFileDurationSeconds }: PlaybackCandidate): UserError[] {
  if (type === "FILE")
    return fileFormat ? [] : [error(UserErrorCode.REQUIRED, "fileFormat", "A FILE output needs its format, MKV or MP4.")];
  return [
    ...onlyFor(Boolean(fileFormat), "fileFormat", "FILE outputs"),
    ...onlyFor(Boolean(maxFileDurationSeconds), "maxFileDurationSeconds", "FILE outputs"),
  ];
}

function findDuplicateNames(names: readonly string[]): UserError[] {
  const keys = names.map(nameKey);
  return keys.flatMap((key, index) =>
    keys.indexOf(key) < index
      ? [
          {
            code: UserErrorCode.DUPLICATE_NAME,
            message: "Another playback of the session has this name.",
            path: ["playbacks", String(index), "name"],
          },
        ]
      : [],
  );
}

function findSharedFiles(candidates: readonly PlaybackCandidate[]): UserError[] {
  const paths = candidates.map((candidate) => (candidate.type === "FILE" && candidate.urls?.[0] ? filePathKey(candidate.urls[0]) : null));
  return paths.flatMap((path, index) =>
    path !== null && paths.indexOf(path) < index
      ? [
          {
            code: UserErrorCode.INVALID_VALUE,
            message: "Another playback writes to this path.",
            path: ["playbacks", String(index), "urls", "0"],
          },
        ]
      : [],
  );
}

function onlyFor(isMisplaced: boolean, field: string, where: string): UserError[] {
  return isMisplaced ? [error(UserErrorCode.NOT_APPLICABLE, field, `${field} applies to ${where} only.`)] : [];
}

function error(code: UserErrorCode, field: string, message: string): UserError {
  return { code, message, path: [field] };
}
