import { KEPT_LIMITS_MOST, Package, type KeptAssetsLimits, type KeptLimit } from "../organizations/organization.rules.ts";
import { UsageError, type Command, type CommandCall } from "./command.ts";

const PACKAGES = Object.values(Package);

export const organizationCreateCommand: Command = {
  name: "organization create",
  parameters: ["NAME"],
  options: [],
  summary: "Make an organization, and show its first ADMIN key.",
  async run({ parameters: [name = ""], environment, print }) {
    const { withDatabase } = await import("./with-database.ts");
    const { createOrganization } = await import("../organizations/create-organization.ts");
    const organization = await withDatabase(await environment(), (database) => createOrganization(database, name));
    print(`Organization ${organization.name} is made. Its ADMIN key, shown this once:`);
    print(organization.adminKey);
    return 0;
  },
};

export const organizationListCommand: Command = {
  name: "organization list",
  parameters: [],
  options: [],
  summary: "List the organizations with their ids and packages.",
  async run({ environment, print }) {
    const { withDatabase } = await import("./with-database.ts");
    const { listOrganizations } = await import("../organizations/organization.store.ts");
    const all = await withDatabase(await environment(), ({ executor }) => listOrganizations(executor));
    for (const { id, name, packages } of all) print(`${id}  ${name}: ${describe(packages)}`);
    return 0;
  },
};

export const organizationKeyCommand: Command = {
  name: "organization key",
  parameters: ["NAME"],
  options: [],
  summary: "Make another ADMIN key of an organization, for when nobody has one any more.",
  async run({ parameters: [name = ""], environment, print }) {
    const { withDatabase } = await import("./with-database.ts");
    const { createAdminKey } = await import("../organizations/create-admin-key.ts");
    const made = await withDatabase(await environment(), (database) => createAdminKey(database, name));
    print(`Another ADMIN key of ${made.organization}, shown this once:`);
    print(made.adminKey);
    return 0;
  },
};

export const organizationPackagesCommand: Command = {
  name: "organization packages",
  parameters: ["NAME"],
  options: [
    { name: "enable", value: "PACKAGE", isRepeatable: true, meaning: `Switch a package on: ${PACKAGES.join(", ")}.` },
    { name: "disable", value: "PACKAGE", isRepeatable: true, meaning: "Switch a package off." },
  ],
  summary: "Switch packages of an organization; without options, show them.",
  async run(call) {
    const [name = ""] = call.parameters;
    const switches = { name, enable: packagesOf(call, "enable"), disable: packagesOf(call, "disable") };
    const { withDatabase } = await import("./with-database.ts");
    const { setPackages } = await import("../organizations/set-packages.ts");
    const organization = await withDatabase(await call.environment(), (database) => setPackages(database, switches));
    call.print(`${organization.name}: ${describe(organization.packages)}`);
    return 0;
  },
};

export const organizationAssetsCommand: Command = {
  name: "organization assets",
  parameters: ["NAME"],
  options: [
    { name: "days", value: "DAYS", meaning: `How long its assets are kept: 1 to ${KEPT_LIMITS_MOST.days}, off or default.` },
    { name: "gigabytes", value: "GB", meaning: `How much of them is kept: 1 to ${KEPT_LIMITS_MOST.gigabytes}, off or default.` },
  ],
  summary: "Set how long and how much an organization keeps of its assets; without options, show it.",
  async run(call) {
    const [name = ""] = call.parameters;
    const limits = { ...limitOf(call, "days"), ...limitOf(call, "gigabytes") };
    const { withDatabase } = await import("./with-database.ts");
    const { setKeptAssets } = await import("../organizations/set-kept-assets.ts");
    const kept = await withDatabase(await call.environment(), (database) => setKeptAssets(database, { name, limits }));
    call.print(`${kept.organization}: days ${String(kept.days).toLowerCase()}, gigabytes ${String(kept.gigabytes).toLowerCase()}`);
    return 0;
  },
};

function describe(packages: readonly Package[]): string {
  return packages.join(", ") || "no packages";
}

function packagesOf({ options }: CommandCall, option: "enable" | "disable"): readonly Package[] {
  return (options[option] ?? []).map((given) => {
    const found = PACKAGES.find((each) => each === given.toUpperCase());
    if (!found) throw new UsageError(`There is no package “${given}”. Packages are ${PACKAGES.join(", ")}.`);
    return found;
  });
}

function limitOf({ options }: CommandCall, option: keyof KeptAssetsLimits): Partial<KeptAssetsLimits> {
  const given = options[option]?.at(-1);
  return given === undefined ? {} : { [option]: readLimit(given, option) };
}

function readLimit(given: string, option: keyof KeptAssetsLimits): KeptLimit {
  const word = given.toUpperCase();
  if (word === "OFF" || word === "DEFAULT") return word;
  const limit = /^\d{1,7}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= KEPT_LIMITS_MOST[option]) return limit;
  throw new UsageError(`--${option} must be a whole number from 1 to ${KEPT_LIMITS_MOST[option]}, off or default.`);
}
