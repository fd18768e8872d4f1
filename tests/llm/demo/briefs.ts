export const WEBSITE_BRIEFS = [
  'a landing page for a bakery called Crumb & Co with a menu page and three pictures',
  'A dark, bold site for the band Velvet Static from New Orleans with tour dates, a gallery and an about page, 5 photos',
  'website for my dog walking service named Happy Tails in Ghent, with prices, group walks and puppy training, no pictures',
  'portfolio for photographer Ana Ruiz in Lisbon with gallery, prices, about and contact',
  'an elegant florist homepage with opening hours, open 8am to 6pm',
  'Homepage für unsere Bäckerei namens Brot & Söhne',
  'a site for our choir, with a blog and a members page and events',
  'a playful landing page for an app called “Nibble” that plans school lunches, with FAQ and pricing in $',
  'online shop for handmade candles with a products page, 12 pictures',
  'a minimal portfolio',
  'gym website, six images, a history page, a trainers page and a prices page',
  'bookshop "The Slow Shelf" in York',
  'hello',
]

export const PROGRAM_BRIEFS = [
  'a CLI that renames photos by date',
  'a command line tool to convert CSV to JSON',
  'a script that finds duplicate files',
  'a CLI todo list called tick',
  'a program that counts words',
  'A photo renamer program',
  'my own photo renamer with a dry run',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile on purpose
  'a command-line program that waters `my` ${plants} and "logs" the \\ result */ // --> weekly',
]

export const STORY_BRIEFS = [
  'an illustrated story about a fox called Rusty who is afraid of the dark',
  'a 30-second film about a lighthouse',
  'a picture book about two robots in a flooded city, 6 chapters',
  'a fairy tale called “The Salt King” about a baker',
  'bedtime story for my daughter about an owl in the old mill with four pictures',
  'a comic',
]

export const HOSTILE_BRIEFS = [
  '<script>alert(1)</script>',
  '{{a',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile on purpose
  'a site called <img src=x onerror=alert(1)> & "friends" for {{name}} and ${process.exit()}',
  'a site for `]]>--></style></script>*/ ",\' bakery',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile on purpose
  'a CLI called "; rm -rf / #` ${x} \u2028 </script>',
  'a story about <b>Bold</b> & {{hero}} \u202egnirts \u0000 who says "*/"',
  '🎷🦊👩‍👩‍👧 a landing page for 🎷🦊👩‍👩‍👧 called 👩‍👩‍👧 Club',
  'موقع لمخبز اسمه خبز الصباح مع ثلاث صور',
  'a site called خبز الصباح & אבג',
  '为一家名叫早安的面包店制作网页，带三张图片',
  '讲一个关于狐狸的故事 story',
  '   a   ',
  '',
  '!!! ??? ... ---',
  'word '.repeat(1000),
  'a'.repeat(5000),
  `a site called ${'Long '.repeat(400)}`,
  'a CLI '.repeat(900),
  'broken \ud800 surrogate \udc00 site',
]

export const ALL_BRIEFS = [...WEBSITE_BRIEFS, ...PROGRAM_BRIEFS, ...STORY_BRIEFS, ...HOSTILE_BRIEFS]
