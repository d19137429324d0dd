import * as path from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { repositoryRoot } from "../root.js";

/** Each door of the package has a report of its own. */
const REPORTS = { "pulumi-amigo": "dist/index.d.ts", "pulumi-amigo-emulator": "dist/emulator/index.d.ts" };

/** Compares the public surface with `api/*.api.md`, or writes these; returns the reports that differed. */
export function apiReports(write: boolean): string[] {
  return Object.entries(REPORTS).flatMap(([name, entry]) => {
    const { apiReportChanged, errorCount } = Extractor.invoke(configOf(name, entry), {
      localBuild: write,
      showVerboseMessages: false,
      messageCallback: (message) => {
        // Its notices are about files that are written or compared; what differs is in the result.
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    return apiReportChanged || errorCount > 0 ? [`api/${name}.api.md`] : [];
  });
}

function configOf(name: string, entry: string): ExtractorConfig {
  const quiet = { logLevel: ExtractorLogLevel.None };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: repositoryRoot,
      mainEntryPointFilePath: path.join(repositoryRoot, entry),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2022",
            module: "Node16",
            moduleResolution: "Node16",
            lib: ["ES2023"],
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
          files: [path.join(repositoryRoot, entry)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: path.join(repositoryRoot, "api"),
        reportTempFolder: path.join(repositoryRoot, "state", "api"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: quiet },
        tsdocMessageReporting: { default: quiet },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(repositoryRoot, "package.json"),
  });
}
