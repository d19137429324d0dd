import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { start } from "../lab/cli/process.js";
import { repositoryRoot } from "../lab/root.js";
import type { Step } from "./fleet.js";
import { type Cost, costOf, type Prepare, type Setting, type Subject } from "./subject.js";

/**
 * Terraform with the generic REST provider `Mastercard/restapi` and state in a local file. Needs `BENCH_TERRAFORM`, the
 * `terraform` executable, and `BENCH_TERRAFORM_PROVIDER`, the folder that holds the provider's; undefined without them.
 */
export function terraform(environment: NodeJS.ProcessEnv): Prepare | undefined {
  const { BENCH_TERRAFORM: executable, BENCH_TERRAFORM_PROVIDER: provider } = environment;
  if (!executable || !provider) return undefined;
  return async (setting) => new Terraform(executable, provider, setting);
}

class Terraform implements Subject {
  private readonly folder: string;
  private readonly env: Record<string, string>;

  constructor(
    private readonly executable: string,
    provider: string,
    private readonly setting: Setting,
  ) {
    const state = path.join(repositoryRoot, "state");
    mkdirSync(state, { recursive: true });
    this.folder = mkdtempSync(path.join(state, "bench-terraform-"));
    const rules = path.join(this.folder, "terraform.rc");
    // An override needs no `init`, hence no registry.
    writeFileSync(
      rules,
      `provider_installation {\n  dev_overrides { "Mastercard/restapi" = "${path.resolve(provider)}" }\n  direct {}\n}\n`,
    );
    writeFileSync(path.join(this.folder, "main.tf.json"), JSON.stringify(configuration(setting), undefined, 2));
    this.env = {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      TF_CLI_CONFIG_FILE: rules,
      CHECKPOINT_DISABLE: "1",
    };
  }

  run(step: Step): Promise<Cost> {
    // As the engine does: what is there is read only where a refresh is asked for.
    const plain = "-refresh=false";
    const apply = (...more: string[]) => this.command(["apply", "-auto-approve", ...more]);
    switch (step) {
      case "create":
      case "up":
        return apply(plain);
      case "preview":
        return this.command(["plan", plain]);
      case "refresh":
        return apply("-refresh-only");
      case "change":
        return apply(plain, "-var", "more=, by phone");
      case "destroy":
        return this.command(["destroy", "-auto-approve", plain]);
    }
  }

  stateBytes(): number {
    return statSync(path.join(this.folder, "terraform.tfstate")).size;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async command(args: string[]): Promise<Cost> {
    const flags = ["-input=false", "-no-color", `-parallelism=${this.setting.parallel}`];
    const options = { cwd: this.folder, env: this.env, timeoutMs: 3_600_000 };
    const { done } = start(this.executable, [...args, ...flags], options);
    const cost = await costOf(done);
    const { code, command, output } = await done;
    if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output}`);
    return cost;
  }
}

/** A use case has no GET of its own, so it is looked up in the list, as every other generic client must. */
function configuration({ url, apiKey, fleet }: Setting): object {
  const { workspaceId, agentId, contextGraphId, setupId, clinics } = fleet;
  const root = `/v1/${workspaceId}`;
  const inList = { search_key: "id", search_value: "{id}", results_key: "items" };
  const binding = `${root}/use-cases/{id}/service-binding`;
  const resources = {
    service: {} as Record<string, object>,
    useCase: {} as Record<string, object>,
    binding: {} as Record<string, object>,
  };
  for (const [index, { name, description, useCase }] of clinics.entries()) {
    const service = {
      name,
      agent_id: agentId,
      context_graph_id: contextGraphId,
      description: `${description}\${var.more}`,
    };
    const line = { channel: "inbound_voice", entity_name: "Clinic", name: useCase, setup_id: setupId };
    resources.service[`service_${index}`] = { path: `${root}/services`, data: JSON.stringify(service) };
    resources.useCase[`use_case_${index}`] = {
      path: `${root}/use-cases`,
      read_path: `${root}/use-cases`,
      read_search: inList,
      data: JSON.stringify(line),
    };
    resources.binding[`binding_${index}`] = {
      path: binding,
      create_path: binding,
      create_method: "PUT",
      read_path: binding,
      destroy_path: binding,
      id_attribute: "use_case_id",
      // The provider takes the id in the paths from the data.
      data: JSON.stringify({
        use_case_id: `\${restapi_object.use_case_${index}.id}`,
        service_id: `\${restapi_object.service_${index}.id}`,
      }),
    };
  }
  for (const resource of Object.values(resources).flatMap((kind) => Object.values(kind))) {
    // Else what the API computes counts as drift, and each plan wants to write it away.
    Object.assign(resource, { ignore_server_additions: true });
  }
  return {
    terraform: { required_providers: { restapi: { source: "Mastercard/restapi" } } },
    variable: { more: { default: "" } },
    provider: {
      restapi: { uri: url, write_returns_object: true, headers: { authorization: `Bearer ${apiKey}` } },
    },
    resource: { restapi_object: { ...resources.service, ...resources.useCase, ...resources.binding } },
  };
}
