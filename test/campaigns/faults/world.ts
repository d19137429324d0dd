import { seedIds } from "../../../src/emulator/index.js";
import { type Action, type Declared, isReference, KINDS, type Kind, type Operation, type Values } from "./program.js";
import { Random } from "./random.js";

const SHARES: Record<Kind, number> = {
  workspace: 12,
  service: 18,
  versionSet: 20,
  useCase: 18,
  serviceBinding: 18,
  testCallerNumbers: 14,
};

/** How many of each kind a stack holds about. */
const SIZES: Record<Kind, number> = {
  workspace: 6,
  service: 8,
  versionSet: 9,
  useCase: 10,
  serviceBinding: 7,
  testCallerNumbers: 5,
};

const VOICE = ["inbound_voice", "outbound_voice", "ringless_voicemail"];
const { agents, contextGraphs, setups } = seedIds;

interface Plan {
  readonly round: number;
  readonly touched: Set<string>;
  readonly operations: Operation[];
  /** Service and channel of each binding when the round began: a line is not moved to where another only leaves. */
  readonly taken: ReadonlySet<string>;
}

/** What the author of one stack wants, changed from round to round by seed. Knows nothing of how runs end. */
export class World {
  readonly declared = new Map<string, Declared>();
  private readonly random: Random;
  private count = 0;

  constructor(
    private readonly seed: number,
    readonly stack: number,
  ) {
    this.random = new Random(seed, "world", stack);
  }

  /** The workspace that all children live in. */
  get home(): string {
    return `s${this.stack}-home`;
  }

  /** Changes about so many resources, each once, and says which. */
  change(round: number, wanted: number): Operation[] {
    const plan: Plan = {
      round,
      touched: new Set(),
      operations: [],
      taken: new Set(this.of("serviceBinding").map((binding) => this.slotOf(binding))),
    };
    if (!this.declared.has(this.home)) this.add(plan, { ...this.newWorkspace(), name: this.home });
    for (let tries = 0; plan.operations.length < wanted && tries < wanted * 20; tries += 1) {
      const kind = this.random.weighted(KINDS.map((one) => [one, SHARES[one]] as const));
      this.one(plan, kind, this.actionFor(kind));
    }
    return plan.operations.map((operation) => ({ ...operation, paired: this.isPaired(operation, plan.operations) }));
  }

  private actionFor(kind: Kind): Action {
    const missing = this.of(kind).length < SIZES[kind];
    return this.random.weighted<Action>([
      ["create", missing ? 6 : 2],
      ["update", 4],
      ["delete", missing ? 1 : 4],
    ]);
  }

  private one(plan: Plan, kind: Kind, action: Action): void {
    if (action === "create") {
      const made = this.creations[kind](plan);
      if (made) this.add(plan, made);
      return;
    }
    const candidates = this.of(kind).filter(({ name }) => !plan.touched.has(name) && name !== this.home);
    if (candidates.length === 0) return;
    const chosen = this.random.pick(candidates);
    if (action === "delete") this.remove(plan, chosen);
    else this.update(plan, chosen);
  }

  private readonly creations: Record<Kind, (plan: Plan) => Declared | undefined> = {
    workspace: () => this.newWorkspace(),
    service: () => this.newService(),
    versionSet: () => {
      const service = this.any(this.of("service"));
      const args = service && { ...this.inHome(), serviceId: ref(service), name: `set-${this.next()}`, ...this.pins() };
      return args && this.make("versionSet", args);
    },
    useCase: () => this.newUseCase(),
    serviceBinding: (plan) => {
      const bound = new Set(this.of("serviceBinding").map(({ args }) => nameOf(args.useCaseId)));
      const free = this.of("useCase").filter(({ name }) => !bound.has(name) && !plan.touched.has(`line ${name}`));
      const useCase = this.any(free);
      const service = useCase && this.any(this.openTo(plan, useCase));
      if (!useCase || !service) return undefined;
      return this.make("serviceBinding", { ...this.inHome(), useCaseId: ref(useCase), serviceId: ref(service) });
    },
    testCallerNumbers: (plan) => {
      const listed = new Set(this.of("testCallerNumbers").map(({ args }) => nameOf(args.workspaceId)));
      const workspace = this.any(
        this.of("workspace").filter(({ name }) => !listed.has(name) && !plan.touched.has(`numbers ${name}`)),
      );
      return workspace && this.make("testCallerNumbers", { workspaceId: ref(workspace), numbers: this.numbers() });
    },
  };

  private update(plan: Plan, one: Declared): void {
    const changes = this.changesOf(plan, one);
    if (changes) this.put(plan, "update", { ...one, args: { ...one.args, ...changes } });
  }

  private changesOf(plan: Plan, { name, kind, args }: Declared): Values | undefined {
    const { random } = this;
    const text = `Changed ${this.next()}`;
    switch (kind) {
      case "workspace":
        return {
          name: text,
          ...(random.chance(0.3) ? { connectorType: random.pick(["epic", "cerner", "hubspot"]) } : {}),
        };
      case "service":
        return random.pick<Values>([
          { description: text },
          { description: args.description === undefined ? text : undefined, toolCapacity: random.whole(4, 10) },
          { keyterms: [text, "clinic"], isActive: args.isActive === false },
          { tags: [{ key: "team", value: text }] },
        ]);
      case "versionSet":
        return this.pins(args);
      case "useCase": {
        // Nothing of a use case can be updated: under a new name it is made first, else its line goes first.
        const binding = this.of("serviceBinding").find((one) => nameOf(one.args.useCaseId) === name);
        if (binding && plan.touched.has(binding.name)) return undefined;
        if (binding) plan.touched.add(binding.name);
        return random.chance(0.5) ? { description: text } : { name: `Line ${this.letters()}` };
      }
      case "serviceBinding": {
        const useCase = this.declared.get(nameOf(args.useCaseId) ?? "");
        const open = useCase ? this.openTo(plan, useCase) : [];
        const target = this.any(open.filter((service) => service.name !== nameOf(args.serviceId)));
        return target && { serviceId: ref(target) };
      }
      case "testCallerNumbers":
        return { numbers: this.numbers() };
    }
  }

  /** With all that lives in it or hangs on it. */
  private remove(plan: Plan, chosen: Declared): void {
    const hanging = [...this.declared.values()].filter(({ args }) =>
      Object.values(args).some((value) => nameOf(value) === chosen.name),
    );
    if (hanging.some(({ name }) => plan.touched.has(name))) return;
    for (const one of [...hanging, chosen]) {
      this.put(plan, "delete", one);
      this.declared.delete(one.name);
      // What only one may hold is not given to another in the run that frees it.
      if (one.kind === "serviceBinding") plan.touched.add(`line ${nameOf(one.args.useCaseId)}`);
      if (one.kind === "testCallerNumbers") plan.touched.add(`numbers ${nameOf(one.args.workspaceId)}`);
    }
  }

  private add(plan: Plan, declared: Declared): void {
    this.put(plan, "create", declared);
  }

  private put(plan: Plan, action: Action, declared: Declared): void {
    const { name, kind } = declared;
    const id = `s${this.stack}r${plan.round}-${name}`;
    plan.touched.add(name);
    plan.operations.push({ id, stack: this.stack, round: plan.round, name, kind, action, declared, paired: false });
    if (action !== "delete") this.declared.set(name, declared);
  }

  /** Services of the right kind whose place for the use case's channel is free, now and when the round began. */
  private openTo(plan: Plan, useCase: Declared): Declared[] {
    const channel = String(useCase.args.channel);
    const now = new Set(this.of("serviceBinding").map((binding) => this.slotOf(binding)));
    return this.of("service").filter(({ name, args }) => {
      const slot = `${name} ${channel}`;
      return (args.channelType === "text") === (channel === "email") && !now.has(slot) && !plan.taken.has(slot);
    });
  }

  private slotOf({ args }: Declared): string {
    return `${nameOf(args.serviceId)} ${String(this.declared.get(nameOf(args.useCaseId) ?? "")?.args.channel)}`;
  }

  private isPaired({ kind, declared, name }: Operation, all: readonly Operation[]): boolean {
    const service = nameOf(declared.args.serviceId);
    const other = (one: Operation) =>
      one.kind === kind && one.name !== name && nameOf(one.declared.args.serviceId) === service;
    return kind === "versionSet" && all.some(other);
  }

  private newWorkspace(): Declared {
    const slug = `f${this.seed}-s${this.stack}-w${this.next()}`;
    const connector = this.random.chance(0.3) ? { connectorType: "epic" } : {};
    return this.make("workspace", {
      slug,
      name: slug,
      environment: "staging",
      deletionProtection: false,
      ...connector,
    });
  }

  private newService(): Declared {
    return this.make("service", {
      ...this.inHome(),
      name: `Desk ${this.stack}-${this.next()}`,
      agentId: this.random.pick([agents.frontDesk, agents.nightNurse]),
      contextGraphId: this.random.pick([contextGraphs.scheduling, contextGraphs.intake]),
      channelType: this.random.chance(0.25) ? "text" : "voice",
      ...(this.random.chance(0.5) ? { description: "Answers calls", tags: [{ key: "team", value: "desk" }] } : {}),
    });
  }

  private newUseCase(): Declared {
    const isEmail = this.random.chance(0.2);
    const email = {
      channel: "email",
      setupId: setups.emailApproved,
      senderEmailAddress: "desk@clinic.example",
      emailType: "transactional",
    };
    const voice = { channel: this.random.pick(VOICE), setupId: setups.voiceApproved };
    return this.make("useCase", {
      ...this.inHome(),
      entityName: "Clinic",
      name: `Line ${this.letters()}`,
      ...(isEmail ? email : voice),
    });
  }

  /** Versions other than the ones that were pinned. */
  private pins(former: Values = {}): Values {
    const others = [1, 2, 3].filter((version) => version !== former.agentVersionNumber);
    return { agentVersionNumber: this.random.pick(others), contextGraphVersionNumber: this.random.whole(1, 4) };
  }

  private numbers(): string[] {
    const base = 2_000_000 + this.next() * 10;
    return Array.from({ length: this.random.whole(1, 4) }, (_, index) => `+1415${base + index}`);
  }

  /** Names of use cases hold no digits. */
  private letters(): string {
    return [...String(this.next())].map((digit) => "abcdefghij"[Number(digit)]).join("");
  }

  private make(kind: Kind, args: Values): Declared {
    return { name: `s${this.stack}-${kind}-${this.next()}`, kind, args };
  }

  private inHome(): Values {
    return { workspaceId: { ref: this.home } };
  }

  private of(kind: Kind): Declared[] {
    return [...this.declared.values()].filter((one) => one.kind === kind);
  }

  private any(from: readonly Declared[]): Declared | undefined {
    return from.length > 0 ? this.random.pick(from) : undefined;
  }

  private next(): number {
    this.count += 1;
    return this.count;
  }
}

function ref({ name }: Declared): { ref: string } {
  return { ref: name };
}

function nameOf(value: unknown): string | undefined {
  return isReference(value) ? value.ref : undefined;
}
