/** One chapter. The hash chooses one version of it: the same place in `titles` and in each paragraph that has several. */
export interface Scene {
  titles: string[]
  paragraphs: string[][]
  picture: string
  shot: string
}

const BEGIN: Scene = {
  titles: ['Where It Begins', 'An Ordinary Evening'],
  paragraphs: [
    [
      'This is the story of {{subject}}. It begins in {{place}}, on an evening so quiet that you could hear the kettles of three different kitchens. {{hero}} was sitting on the step, as every evening, counting the lights that came on one after the other. {{She}} knew each of them by name.',
      'People still tell the story of {{subject}}. It begins in {{place}}, in {{season}}, when the air smells of smoke and apples. {{hero}} had finished {{her}} work and had nothing to do but look at the sky. There was a good deal of it that evening.',
    ],
    [
      'That was how {{she}} saw it first: a glimmer in the grass, where no glimmer had any business to be. {{She}} bent down. It was {{thing}}, cold as a stone from a well, and somebody had scratched two words into it: “Bring back.”',
      'Then something fell, not far away, with a very small sound. {{hero}} went to look, and found {{thing}} lying between the roots of the oldest tree. A ribbon was tied to it, and on the ribbon stood, in careful letters: “Please bring back.”',
    ],
    [
      '“To whom?” asked {{hero}}. Nobody answered. But far off, beyond the last fence, a light went on that {{she}} had never counted before.',
      '“I would, if I knew where,” said {{hero}} aloud. The wind turned, as if it had only been waiting for that, and pointed out of town.',
    ],
  ],
  picture: '{{hero}} the {{noun}} at dusk in {{place}}, finding {{thing}} in the grass',
  shot: 'Wide, slowly closing in; evening sounds, then silence',
}

const LEAVE: Scene = {
  titles: ['Over the Last Fence', 'The Way Out'],
  paragraphs: [
    [
      'There are two kinds of people: those who leave in the morning with a full bag, and those who leave at once. {{hero}} had always believed {{herself}} to be of the first kind. {{She}} was already over the fence when {{she}} noticed the mistake.',
      '{{hero}} packed what seemed useful: a piece of bread, a ball of string, and a button that had always brought {{her_object}} luck. Then {{she}} closed the door so softly that not even the latch heard it.',
    ],
    [
      'Behind the fence the path ran down to a stream, and at the stream stood {{friend}}. “You are carrying something that is not yours,” it said, without looking up.',
      'Where the path divides sat {{friend}}, in the manner of someone who has been expecting company. “Left is shorter,” it said. “Right is better. What is that you have got there?”',
    ],
    [
      '“I know,” said {{hero}}. “I am bringing it back.” That seemed to be the right answer. “Then you will want someone who knows the way,” it said, and after a while: “I don’t. But I know the first half, and that is more than most people have.”',
      '{{hero}} held up {{the_thing}}, and for a moment neither of them spoke. “Well,” it said at last, “I have seen a great many things go down this path, and you are the first one bringing something back. I had better come along.”',
    ],
    ['So they went on together, and the lights of {{place}} grew small behind them, and then there were none.'],
  ],
  picture: '{{hero}} the {{noun}} and {{friend}} on a winding path, small lights of {{place}} far behind',
  shot: 'Travelling shot along the path, from behind, at walking pace',
}

const ROAD: Scene = {
  titles: ['What the Road Knew', 'Three Questions'],
  paragraphs: [
    [
      'They walked for as long as it takes to tell every story you know, and then once more the best one. They crossed a field where the scarecrows had turned their backs, and a bridge that asked to be thanked. {{hero}} thanked it.',
      'The road was long, and it did what long roads do: it asked questions. How far is far? Who would notice? What if it is nothing? {{hero}} answered the first with {{her}} feet and left the others lying in the ditch.',
    ],
    [
      'At midnight they shared the bread. “What will you do if nobody is there?” asked {{hero}}’s companion. “Wait a little,” said {{hero}}. “And then?” “Wait a little more.”',
      'When they were tired they sat beneath a hedge, and {{hero}} told of home: of the step, of the lights, of the names that {{she}} had given to each. {{Her}} companion listened with both eyes closed, which is the best way.',
    ],
    [
      'And all the while {{the_thing}} grew warmer in {{her}} hands, only by a very little, as a stove does in the first minute.',
    ],
  ],
  picture: '{{hero}} the {{noun}} and {{friend}} crossing an old stone bridge under the stars',
  shot: 'Low angle under the bridge; reflections of the two in the water',
}

const DARK: Scene = {
  titles: ['The Dark Part', 'When the Light Went Out'],
  paragraphs: [
    [
      'Every story has a dark part, and this one was truly dark. The clouds closed like a lid. The light that they had been following was gone, and with it the path, the trees, {{the_friend}}, and {{hero}}’s own two feet.',
      'Then the fog came up. It took the hills first, then the hedges, and at last it took {{the_friend}}, who had been right there a moment ago. {{hero}} called. The fog gave back only the end of the word.',
    ],
    [
      '{{She}} wanted to turn round. {{She}} would have, too; but when you can’t see anything, there is no round to turn. So {{hero}} did the only thing that was left. {{She}} stood still, and was afraid, and did not pretend otherwise.',
      '{{hero}} sat down on the cold ground. “I am not brave,” {{she}} said to nobody. “I only said that I would bring it back.” It was the truest thing that {{she}} had ever said, and it made the dark a little smaller.',
    ],
    [
      'It was then, because it was so very dark, that {{she}} saw it: a thread of gold, no wider than a hair, running out of {{the_thing}} and away over the ground. It had been there all the time. It just could not be seen from anywhere bright.',
    ],
    ['{{hero}} stood up and followed it, one hand in front, one step and then one more.'],
  ],
  picture: '{{hero}} the {{noun}} alone in deep blue fog, a thin golden thread of light leading away',
  shot: 'Almost black; the golden thread draws itself across the frame',
}

const MEET: Scene = {
  titles: ['The One Who Waited', 'Somebody’s Window'],
  paragraphs: [
    [
      'The thread ended at a door, and the door stood open. Inside, at a table by the window, sat someone very old with a face like a map of a friendly country. “Ah,” said the someone. “You took the better way. The short one is no good at all.”',
      'At the end of the thread stood a house as narrow as a book, and in its only window burned the light from the very beginning. An old woman opened before {{hero}} could knock. “I had almost stopped waiting,” she said. “Almost is a good word. Come in.”',
    ],
    [
      '{{hero}} laid {{the_thing}} on the table. It was quite warm now. “I lost it when I was as small as you,” said the old voice, “and each evening I have put a light in the window, for whoever might find it. Some things you can’t fetch. They have to be brought.”',
      '“This is yours,” said {{hero}}. “It was mine,” said the old voice, “and my mother’s before. It shows the way, but only to somebody who is carrying it to someone else. For oneself it does nothing at all. That is the whole trick.”',
    ],
    [
      'There was tea, and {{the_friend}} was there too, already on the second cup, and very much pleased with itself for having found the place by smell.',
    ],
  ],
  picture: '{{hero}} the {{noun}} at a warm lamplit table with an old woman, {{the_thing}} glowing between them',
  shot: 'Close on hands and the glow; pull back to the whole warm room',
}

const HOME: Scene = {
  titles: ['The Light They Counted', 'Home, and One More'],
  paragraphs: [
    [
      'The way back is always shorter. By the time the sky turned grey, {{hero}} could see the roofs of {{place}}, and smoke from the first chimney, and the step, just as {{she}} had left it.',
      '{{hero}} came back to {{place}} with the morning. Nothing had changed: the step was there, the kettles were there. Only {{hero}} was a little taller, in a way that no door frame would show.',
    ],
    [
      'Nobody asked where {{she}} had been, and so {{she}} told nobody, except for you and me. But since that night there is one more light to count, far out beyond the last fence. {{hero}} says good night to it last, because it has the longest way to come.',
      'In the evening {{she}} sat down to count the lights, and came to one more than before. It winked. {{hero}} put a lamp into {{her}} own window, just in case somebody out there was carrying something, and did not know to whom.',
    ],
    ['And if ever you find something small and cold in the grass, with two words on it: you know what to do.'],
  ],
  picture: '{{hero}} the {{noun}} on the doorstep in {{place}} at dawn, a distant light glowing beyond the hills',
  shot: 'Wide, the first frame again, now in morning light; hold, fade',
}

/** The scenes of a story of one to six chapters, in order. In a short story, one chapter tells several of them. */
export function scenesFor(chapters: number): Scene[] {
  if (chapters <= 1) return [joined(BEGIN, LEAVE, DARK, MEET, HOME)]
  if (chapters === 2) return [joined(BEGIN, LEAVE), joined(DARK, MEET, HOME)]
  if (chapters === 3) return [BEGIN, joined(LEAVE, DARK), joined(HOME, MEET, HOME)]
  if (chapters === 4) return [BEGIN, LEAVE, DARK, joined(HOME, MEET, HOME)]
  return chapters === 5 ? [BEGIN, LEAVE, DARK, MEET, HOME] : [BEGIN, LEAVE, ROAD, DARK, MEET, HOME]
}

/** Title, picture and shot of the first, the words of all. */
function joined(first: Scene, ...rest: Scene[]): Scene {
  const told = rest.at(-1) === first ? rest : [first, ...rest]
  return { ...first, paragraphs: told.flatMap(({ paragraphs }) => paragraphs) }
}
