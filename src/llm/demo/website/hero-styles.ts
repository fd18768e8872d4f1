import type { Hero } from './site.ts'

/** The first screen has three faces; a site carries the rules of its own one. */
export const HERO_STYLES: Record<Hero, string> = {
  split: `/* The first screen: words beside the picture. */
.hero { padding-block: clamp(2.5rem, 6vw, 5.5rem); }
.hero-row { display: grid; grid-template-columns: 1.05fr 1fr; gap: clamp(2rem, 5vw, 5rem); align-items: center; }
.hero-words .lead { margin: 1.5rem 0 0; }
.hero-picture { position: relative; }
.hero-picture::before { content: ""; position: absolute; inset: 7% -5% -6% 14%; z-index: -1; border-radius: var(--round); background: var(--tint); }
.hero-picture img { width: 100%; aspect-ratio: 4 / 4.5; }
@media (max-width: 58rem) {
  .hero-row { grid-template-columns: 1fr; }
  .hero-picture img { aspect-ratio: 4 / 3; }
}
`,
  over: `/* The first screen: a wide picture, the words on a card that overlaps it. */
.hero { padding-bottom: clamp(2.5rem, 6vw, 5rem); }
.hero-row { display: grid; grid-template-columns: repeat(12, 1fr); width: min(84rem, 100%); align-items: end; }
.hero-picture { grid-area: 1 / 1 / 2 / -1; }
.hero-picture img, .hero-picture .art { width: 100%; height: min(44rem, 78vh); min-height: 30rem; border-radius: 0 0 var(--round) var(--round); }
.hero-words { grid-area: 1 / 1 / 2 / 9; z-index: 1; margin: 0 0 -3rem clamp(1.25rem, 4vw, 3rem); padding: clamp(1.8rem, 4vw, 3.4rem); border-radius: var(--round); background: var(--paper); box-shadow: 0 30px 60px -40px rgb(0 0 0 / 55%); }
.hero-words h1 { font-size: clamp(2.4rem, 5vw, 4.2rem); }
.hero-words .lead { margin: 1.2rem 0 0; }
@media (max-width: 58rem) {
  .hero-picture { grid-row: 1; }
  .hero-picture img, .hero-picture .art { height: auto; min-height: 0; aspect-ratio: 4 / 3; }
  .hero-words { grid-area: 2 / 1 / 3 / -1; margin: -2.5rem 1.25rem 0; }
}
`,
  centre: `/* The first screen: words in the middle, the picture below in full width. */
.hero { padding-block: clamp(3rem, 7vw, 6.5rem) clamp(2.5rem, 5vw, 4.5rem); }
.hero-words { display: grid; justify-items: center; max-width: 52rem; margin: 0 auto clamp(2.5rem, 5vw, 4rem); text-align: center; }
.hero-words .lead { margin: 1.5rem 0 0; }
.hero-words .actions { justify-content: center; }
.hero-picture img { width: 100%; aspect-ratio: 2 / 1; }
.hero-picture .art { height: clamp(14rem, 34vw, 26rem); }
@media (max-width: 58rem) {
  .hero-picture img { aspect-ratio: 4 / 3; }
}
`,
}
