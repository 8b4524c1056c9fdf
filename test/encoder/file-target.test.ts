import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileTargetProblem, fileTargets } from "../../src/encoder/file-target.ts";
import { fileOutput, passthrough, rendition } from "./media-harness.ts";

const root = join(mkdtempSync(join(tmpdir(), "headend-files-")), "files");
const at = new Date("2026-03-04T05:06:07.890Z");

function catchError(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe("where recordings go", () => {
  it.each([
    ["evening", "MKV", ["evening-20260304T050607Z.mkv"]],
    ["a/b/evening.mp4", "MP4", ["a/b/evening-20260304T050607Z.mp4"]],
    ["evening.MKV", "MP4", ["evening-20260304T050607Z.mp4"]],
  ] as const)("%s as %s: below the root, with the time", (path, fileFormat, expected) => {
    const paths = fileTargets(root, fileOutput({ urls: [path], fileFormat }), at);
    expect(paths.map((found) => relative(root, found))).toEqual(expected);
  });

  it("one file for each rendition, told apart even by equal names", () => {
    const renditions = [passthrough, rendition({ name: "720p/50" }), rendition({ id: "3", name: "720P_50" })];
    const names = fileTargets(root, fileOutput({ urls: ["x"], renditions }), at).map((path) => relative(root, path));
    expect(names).toEqual(["x-Source-20260304T050607Z.mkv", "x-720p_50-2-20260304T050607Z.mkv", "x-720P_50-3-20260304T050607Z.mkv"]);
  });

  it("never the name of a file that is there", () => {
    fileTargets(root, fileOutput({ urls: ["again"] }), at);
    const [second = ""] = fileTargets(root, fileOutput({ urls: ["again"] }), at);
    expect(second).toMatch(/again-20260304T050607Z-2\.mkv$/);
    writeFileSync(second.replace(".mkv", "-000.mkv"), "");
    expect(fileTargets(root, fileOutput({ urls: ["again"] }), at)[0]).toMatch(/-3\.mkv$/);
  });

  it("never one name for two, split or not, were it asked for within the same second", () => {
    const ask = (maxFileDurationSeconds: number | null) =>
      fileTargets(root, fileOutput({ urls: ["same"], maxFileDurationSeconds, renditions: [passthrough, rendition()] }), at);
    const names = [ask(null), ask(60), ask(null), ask(60)].flat();
    expect(new Set(names).size).toBe(8);
  });

  it("says what the system says when it cannot write, since that passes", () => {
    const error = catchError(() => fileTargets("/dev/null/files", fileOutput({ urls: ["a/b"] }), at));
    expect(error).not.toBeInstanceOf(FileTargetProblem);
    expect(error).toMatchObject({ code: "ENOTDIR" });
  });

  it("never through a link, nor through a file", () => {
    mkdirSync(root, { recursive: true });
    symlinkSync("/tmp", join(root, "link"));
    writeFileSync(join(root, "file"), "");
    for (const path of ["link/x", "link/deeper/x", "file/x"]) {
      expect(() => fileTargets(root, fileOutput({ urls: [path] }), at)).toThrow(FileTargetProblem);
    }
    expect(existsSync("/tmp/deeper")).toBe(false);
  });

  it("never outside the root, whatever the name", () => {
    const piece = fc.constantFrom("..", ".", "", "/", "\\", "a", "%d", "~", "\0", "-i", "|", "file:", "..%2f");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join("/")),
        ),
        (path) => {
          try {
            for (const found of fileTargets(root, fileOutput({ urls: [path] }), at)) expect(relative(root, found)).not.toMatch(/^\.\.|^\//);
          } catch (error) {
            expect(error).toBeInstanceOf(FileTargetProblem);
          }
        },
      ),
    );
  });
});
