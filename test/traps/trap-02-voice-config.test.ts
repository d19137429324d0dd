import { expect, test } from "vitest";
import { bodyOf, scene, underEach } from "./support/scene.js";

const SHOWN = [{ defaultsInAnswers: true }, { defaultsInAnswers: false }];

test("trap 2: a default in the voice config is no drift, spelt out or not", async () => {
  await underEach(SHOWN, async (set) => {
    const configs = [
      { ttsModel: "sonic-3" },
      { ttsModel: "sonic-3", fillerStyle: "backchannel", backchannelDelayMs: 400, forwardCallEnabled: false },
    ];
    for (const [index, voiceConfig] of configs.entries()) {
      const inputs = set.service({ name: `Desk ${index}`, voiceConfig });
      const desk = await set.run().create("service", inputs);
      expect(desk.outputs.voiceConfig).toEqual(voiceConfig);
      set.clear();
      expect(await set.run().refresh(desk)).toBe(true);
      expect(desk.inputs.voiceConfig).toEqual(voiceConfig);
      set.sent("get-service");
      expect(await set.run().update(desk, inputs)).toBe("same");
      set.sent();
    }
  });
});

test("trap 2: writing a default out or leaving it out is no change", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ voiceConfig: { ttsModel: "sonic-3" } }));
  set.clear();
  const spelt = { ttsModel: "sonic-3", fillerStyle: "backchannel", backchannelDelayMs: 400, forwardCallEnabled: false };
  expect(await set.run().update(desk, set.service({ voiceConfig: spelt }))).toBe("same");
  set.sent();
});

test("trap 2: a change by somebody else is drift and goes with the next write", async () => {
  await underEach(SHOWN, async (set) => {
    const inputs = set.service({ voiceConfig: { ttsModel: "sonic-3" } });
    const desk = await set.run().create("service", inputs);
    for (const changed of [
      { filler_style: "silent" },
      { backchannel_delay_ms: 900 },
      { forward_call_enabled: true },
      { max_response_words: 40 },
    ]) {
      set.store.services.update(desk.id, { voice_config: { tts_model: "sonic-3", ...changed } });
      await set.run().refresh(desk);
      expect(desk.outputs.voiceConfig, JSON.stringify(changed)).not.toEqual(inputs.voiceConfig);
      set.clear();
      expect(await set.run().update(desk, inputs), JSON.stringify(changed)).toBe("updated");
      expect(bodyOf(set.sent("get-service", "update-service")[1]).voice_config).toEqual({ tts_model: "sonic-3" });
      expect(await set.run().update(desk, inputs)).toBe("same");
    }
  });
});

test("trap 2: a changed voice config is sent whole", async () => {
  const set = await scene({ dialect: { putAbsent: "default" } });
  const before = { ttsModel: "sonic-3", fillerVocabulary: ["hm", "well"], bargeInMinSpeechS: 0.4 };
  const desk = await set.run().create("service", set.service({ voiceConfig: before }));
  set.clear();
  await set.run().update(desk, set.service({ voiceConfig: { ...before, ttsModel: "sonic-turbo" } }));
  expect(bodyOf(set.sent("get-service", "update-service")[1]).voice_config).toMatchObject({
    tts_model: "sonic-turbo",
    filler_vocabulary: ["hm", "well"],
    barge_in_min_speech_s: 0.4,
  });
});

test("trap 2: a write of another field sends the voice config back as read", async () => {
  await underEach([{ putAbsent: "default" }, { putAbsent: "unchanged" }], async (set) => {
    const desk = await set.run().create("service", set.service());
    const theirs = { tts_model: "sonic-turbo", filler_style: "phrase", eot_timeout_ms: 700 };
    set.store.services.update(desk.id, { voice_config: theirs });
    set.clear();
    await set.run().update(desk, set.service({ description: "after" }));
    expect(bodyOf(set.sent("get-service", "update-service")[1]).voice_config).toMatchObject(theirs);
    expect(set.store.services.get(desk.id)?.voice_config).toMatchObject(theirs);
  });
});
