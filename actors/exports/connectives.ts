/** Small words that a subtitle line should begin with rather than end with, by language. Pure data. */

/** Conjunctions and prepositions: the best place for a break without punctuation is before one. */
const connectives: Record<string, string> = {
  en: `and or but nor so yet because although though while when where which who that if unless until since as than of
    in on at to for from with without by about into over under after before between through during against`,
  fr: `et ou mais ni car donc or que qui dont où quand comme si lorsque puisque parce quoique de du des à au aux en dans
    par pour avec sans sous sur vers chez entre depuis pendant avant après contre`,
  es: `y e o u pero ni que quien donde cuando como si porque aunque mientras pues de del a al en con sin por para sobre
    entre desde hasta hacia según contra durante`,
  de: `und oder aber denn sondern dass weil wenn als ob obwohl während bevor nachdem damit wie wo in im an am auf aus bei
    beim mit nach von vom zu zum zur für durch gegen ohne um über unter vor hinter neben zwischen seit`,
  it: `e ed o ma né che chi dove quando come se perché anche mentre di del della dei a al alla in nel nella con su sul
    sulla per tra fra da dal dalla senza verso durante contro`,
  pt: `e ou mas nem que quem onde quando como se porque embora enquanto pois de do da dos das a ao em no na nos nas com
    sem por pelo pela para sobre entre desde até contra durante`,
  nl: `en of maar want dus dat die omdat als toen terwijl hoewel waar in op aan bij met naar van voor door over onder
    tegen zonder om uit tussen na sinds tot`,
};

/** Words that belong to the one after them. */
const articles: Record<string, string> = {
  en: 'a an the my your his her its our their this these those not very',
  fr: 'un une le la les mon ton son ma ta sa mes tes ses notre votre leur ce cet cette ces ne',
  es: 'un una unos unas el la los las mi tu su mis tus sus este esta no',
  de: 'ein eine einen einem einer eines der die das den dem des mein dein sein ihr unser nicht',
  it: 'un uno una il lo la i gli le mio tuo suo questo questa non',
  pt: 'um uma uns umas o a os as meu teu seu este esta não',
  nl: 'een de het mijn jouw zijn haar ons deze dit niet',
};

/** `I.` ends a sentence more often than it shortens a name. */
const ABBREVIATION = /^(?:(?!I)\p{Lu}|Mr|Mrs|Ms|Dr|Prof|St|vs|bzw|Mme|Sr|Sra)\.$/u;

/** What the words of a language say about breaks beside them. */
export interface SmallWords {
  /** Is it good to break before the word? */
  opens(word: string): boolean;
  /** Does the word belong to the one after it? */
  clings(word: string): boolean;
}

const byCode = new Map(Object.keys(connectives).map((code) => [code, smallWords(code)]));
const none = smallWords('');

/** @param language As on the wire: only its first part counts; one that is not known has no small words. */
export function smallWordsOf(language: string): SmallWords {
  return byCode.get(language.split(/[-_]/)[0]?.toLowerCase() ?? '') ?? none;
}

function smallWords(code: string): SmallWords {
  const opening = new Set((connectives[code] ?? '').split(/\s+/));
  const clinging = new Set([...opening, ...(articles[code] ?? '').split(/\s+/)]);
  return {
    opens: (word) => opening.has(word.toLowerCase()),
    clings: (word) => clinging.has(word.toLowerCase()) || ABBREVIATION.test(word),
  };
}
