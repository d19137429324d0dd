import { Pool } from "undici";
import type { Clinic, Step } from "./fleet.js";
import type { Cost, Prepare, Setting, Subject } from "./subject.js";

interface Made {
  clinic: Clinic;
  serviceId: string;
  useCaseId: string;
}

/** The requests alone: no engine, no state, as many at once as the others may have. */
export const floor: Prepare = async (setting) => new Floor(setting);

class Floor implements Subject {
  private readonly pool: Pool;
  private made: Made[] = [];

  constructor(private readonly setting: Setting) {
    this.pool = new Pool(setting.url, { connections: setting.parallel });
  }

  async run(step: Step): Promise<Cost | undefined> {
    const work = { create: this.create, refresh: this.refresh, change: this.change, destroy: this.destroy }[
      step as "create"
    ];
    if (!work) return undefined;
    const startedAt = performance.now();
    await work.call(this);
    return { seconds: (performance.now() - startedAt) / 1000 };
  }

  stateBytes(): undefined {
    return undefined;
  }

  remove(): void {
    void this.pool.close();
  }

  private async create(): Promise<void> {
    const { agentId, contextGraphId, setupId, clinics } = this.setting.fleet;
    this.made = await Promise.all(
      clinics.map(async (clinic) => {
        const [service, useCase] = await Promise.all([
          this.call("POST", "/services", serviceBody(clinic, agentId, contextGraphId)),
          this.call("POST", "/use-cases", {
            channel: "inbound_voice",
            entity_name: "Clinic",
            name: clinic.useCase,
            setup_id: setupId,
          }),
        ]);
        const made = { clinic, serviceId: String(service.id), useCaseId: String(useCase.id) };
        await this.call("PUT", bindingOf(made), { service_id: made.serviceId });
        return made;
      }),
    );
  }

  private async refresh(): Promise<void> {
    await Promise.all([
      this.call("GET", "/use-cases"),
      this.servicePages(),
      ...this.made.map((made) => this.call("GET", bindingOf(made))),
    ]);
  }

  private async servicePages(): Promise<void> {
    for (let token: unknown = 0; token != null; ) {
      const page = await this.call("GET", `/services?limit=20&continuation_token=${token}`);
      token = page.has_more ? page.continuation_token : undefined;
    }
  }

  private async change(): Promise<void> {
    const { agentId, contextGraphId } = this.setting.fleet;
    await Promise.all(
      this.made.map(({ clinic, serviceId }) =>
        this.call("PUT", `/services/${serviceId}`, {
          ...serviceBody(clinic, agentId, contextGraphId),
          description: `${clinic.description}, by phone`,
        }),
      ),
    );
  }

  private async destroy(): Promise<void> {
    await Promise.all(
      this.made.map(async (made) => {
        await this.call("DELETE", bindingOf(made));
        await Promise.all([
          this.call("DELETE", `/services/${made.serviceId}`),
          this.call("DELETE", `/use-cases/${made.useCaseId}`),
        ]);
      }),
    );
  }

  private async call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Record<string, unknown>> {
    const { statusCode, body: answer } = await this.pool.request({
      method,
      path: `/v1/${this.setting.fleet.workspaceId}${path}`,
      headers: {
        authorization: `Bearer ${this.setting.apiKey}`,
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }
}

function serviceBody({ name, description }: Clinic, agentId: string, contextGraphId: string) {
  return { name, agent_id: agentId, context_graph_id: contextGraphId, description };
}

function bindingOf({ useCaseId }: Made): string {
  return `/use-cases/${useCaseId}/service-binding`;
}
