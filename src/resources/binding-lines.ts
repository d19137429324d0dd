import { HIDDEN } from "../engine/hidden.js";
import type { ProviderContext } from "../engine/provider/context.js";
import type { Declared } from "../engine/provider/run.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import type { Values } from "../engine/values.js";

const KIND = "ServiceBinding";

/** A use case and the service that answers for it. */
export interface Line {
  readonly useCaseId: string;
  readonly serviceId: string;
}

/** Where the bindings of the program, as far as their checks have run, want this use case. */
export function wantedService({ run }: ProviderContext, useCaseId: string): string | undefined {
  const wanted = run.declared(KIND).findLast(({ inputs }) => inputs.useCaseId === useCaseId);
  return wanted?.inputs.serviceId as string | undefined;
}

/** What is known of a binding of the program before this run. */
export function lineBefore({ state, former }: Declared): Values {
  return state ?? former ?? {};
}

/** The same of the binding that has these inputs; undefined for a new one. */
export function bindingBefore({ run }: ProviderContext, inputs: Values): Values | undefined {
  const declared = run.declarationOf(KIND, inputs);
  return declared?.state ?? declared?.former;
}

function isLine(values: Values, { useCaseId, serviceId }: Line): boolean {
  return values.useCaseId === useCaseId && values.serviceId === serviceId;
}

/** Whether a binding of the program held this line in the last run and holds another one now. */
export function isMovedByProgram({ run }: ProviderContext, line: Line): boolean {
  return run.declared(KIND).some((one) => isLine(lineBefore(one), line) && !isLine(one.inputs, line));
}

/** The same, after the checks of the program's other bindings had time to run. */
export async function becomesMoved(context: ProviderContext, line: Line): Promise<boolean> {
  return (await settle(WAIT_FOR_OTHERS_SECONDS, async () => isMovedByProgram(context, line) || undefined)) ?? false;
}

/** The lines that a failed move of this binding has left otherwise than state says, each as state says it. */
export function disturbedBy(state: Values | undefined): readonly Line[] {
  return (state?.[HIDDEN.disturbed] as Line[] | undefined) ?? [];
}

export function disturbedLines({ run }: ProviderContext): readonly Line[] {
  return run.declared(KIND).flatMap(({ state }) => disturbedBy(state));
}

/** Whether a failed move of this stack may have bound this use case to this service, or unbound it. */
export function isDisturbed(context: ProviderContext, useCaseId: string, serviceId: string | undefined): boolean {
  const disturbed = disturbedLines(context);
  const own = context.run.declared(KIND).flatMap((one) => [one.inputs.serviceId, lineBefore(one).serviceId]);
  const isOwn = serviceId === undefined || [...own, ...disturbed.map((line) => line.serviceId)].includes(serviceId);
  return isOwn && disturbed.some((line) => line.useCaseId === useCaseId);
}
