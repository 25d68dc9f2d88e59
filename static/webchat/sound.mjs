/** Two soft tones, made here: no file, and nothing anybody recorded. */

let context;

/** A browser that lets no page sound before the visitor touched it keeps silent; that is its right. */
export async function chime() {
  try {
    context ??= new AudioContext();
    await context.resume();
    tone(660, 0);
    tone(880, 0.12);
  } catch {
    context = undefined;
  }
}

function tone(frequency, delay) {
  const [voice, volume] = [context.createOscillator(), context.createGain()];
  const start = context.currentTime + delay;
  voice.frequency.value = frequency;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.08, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
  voice.connect(volume).connect(context.destination);
  voice.start(start);
  voice.stop(start + 0.4);
}
