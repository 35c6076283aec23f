/** The sounds there are: soft, under half a second, quiet enough for an open-plan office. */

/** Pitch in hertz, start and length in seconds. */
type Note = readonly [hertz: number, start: number, length: number];

export const tones: Readonly<Record<string, readonly Note[]>> = {
  chime: [
    [659.3, 0, 0.24],
    [880, 0.11, 0.24],
  ],
  drop: [
    [987.8, 0, 0.12],
    [493.9, 0.09, 0.2],
  ],
  knock: [
    [220, 0, 0.09],
    [220, 0.15, 0.09],
  ],
  bell: [
    [1046.5, 0, 0.42],
    [2093, 0, 0.16],
  ],
};

const LOUDEST = 0.12;

/** Plays a sound by name, the chime for an unknown one, at `level` from 0 to 1, into `out`: by default into the ear. */
export function tone(context: AudioContext, name = 'chime', level = 0.75, out: AudioNode = context.destination): void {
  const at = context.currentTime;
  const peak = Math.max(0.0002, LOUDEST * level ** 2); // ears hear in decibels
  for (const [hertz, start, length] of tones[name] ?? tones.chime ?? []) {
    const wave = context.createOscillator();
    const gain = context.createGain();
    wave.type = 'sine';
    wave.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at + start);
    gain.gain.linearRampToValueAtTime(peak, at + start + 0.012);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + start + length);
    wave.connect(gain).connect(out);
    wave.start(at + start);
    wave.stop(at + start + length + 0.02);
  }
}
