import type { Story } from "./command.js";
import { type StoryResult, tell } from "./story.js";
import { World } from "./world.js";

/** Tells stories one after another, on one server. */
export class Stage {
  private constructor(
    private readonly rate: number,
    private readonly without: readonly string[],
    private readonly world: World | undefined,
  ) {}

  static async open(rate: number, without: readonly string[] = []): Promise<Stage> {
    return new Stage(rate, without, rate > 0 ? undefined : await World.open());
  }

  /** Under faults each story has a server of its own: what one has asked clients to wait for must not hold up the next. */
  async tell(story: Story, seed = 0): Promise<StoryResult> {
    if (this.world) return tell(this.world, story, this.without);
    const world = await World.openFaulty(this.rate);
    return tell(world, story, this.without, seed).finally(() => world.close());
  }

  async close(): Promise<void> {
    await this.world?.close();
  }
}
