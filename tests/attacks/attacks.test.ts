/** The attacks in one process: each part has a network of its own, and what they share is warm. A part runs alone by `node --test <file>`. */
import '#tests/attacks/borders.attacks.ts';
import '#tests/attacks/gradients.attacks.ts';
import '#tests/attacks/keys.attacks.ts';
import '#tests/attacks/rounds.attacks.ts';
import '#tests/attacks/scores.attacks.ts';
import '#tests/attacks/stake.attacks.ts';
