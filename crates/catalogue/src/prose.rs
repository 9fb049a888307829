//! Titles, names and sentences, put together from words. Some have letters beyond ASCII and signs that markup must escape.

use crate::draw::Draw;

const ADJECTIVES: [&str; 24] = [
    "Silent", "Crooked", "Second", "Borrowed", "Winter", "Paper", "Last", "Hidden", "Copper", "Bitter", "Northern",
    "Broken", "Slow", "Golden", "Hollow", "Patient", "Distant", "Wild", "Glass", "Gentle", "Seventh", "Blue", "Common",
    "Narrow",
];
const NOUNS: [&str; 32] = [
    "Harbour", "Lantern", "Orchard", "Ledger", "River", "Bridge", "Window", "Garden", "Letter", "Weaver", "Engine",
    "Island", "Mirror", "Station", "Kitchen", "Hour", "Salt", "Iron", "Ferry", "Market", "Signal", "Cellar", "Compass",
    "Tower", "Thread", "Meadow", "Clock", "Voyage", "Library", "Shadow", "Bell", "Wire",
];
const PLACES: [&str; 20] = [
    "Lisbon", "Turku", "Kraków", "Iquique", "Århus", "Trieste", "Galway", "Kobe", "Tbilisi", "Oaxaca", "Tromsø",
    "Bergamo", "Aleppo", "Hobart", "Nantes", "Izmir", "Leith", "Málaga", "Riga", "Accra",
];
const GIVEN: [&str; 28] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Grace", "Henrik", "Ingrid", "José", "Kofi", "Łucja", "Mei",
    "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoë",
    "Aoife", "Anaïs",
];
const FAMILY: [&str; 28] = [
    "Abel", "Brandt", "Costa", "Demir", "Eriksen", "Fontaine", "Grau", "Haas", "Ivanova", "Jensen", "Kaya", "Lind",
    "Mbeki", "Núñez", "O'Hara", "Petrov", "Quiroga", "Rossi", "Sato", "Tanaka", "Ueda", "Vogel", "Weiss", "Xu",
    "Yilmaz", "Zając", "D'Amico", "Øberg",
];
const COUNTED: [&str; 8] = ["Two", "Three", "Five", "Seven", "Nine", "Twelve", "Forty", "A Hundred"];

const WHEN: [&str; 12] = [
    "After the last ferry has left,",
    "In the winter before the bridge was built,",
    "Forty years after the flood,",
    "On the night of the election,",
    "Between two trains,",
    "When the harbour froze over,",
    "In a summer without rain,",
    "Long after everybody else had gone,",
    "One morning in the archive,",
    "During the third week of the strike,",
    "At the end of a very short honeymoon,",
    "While the city slept,",
];
const WHO: [&str; 14] = [
    "a retired surveyor",
    "two sisters",
    "the clockmaker's daughter",
    "a translator of small means",
    "an accountant with a past",
    "the only doctor of the island",
    "a boy who could not swim",
    "three brothers & their cousin",
    "the lighthouse keeper",
    "a young engineer",
    "the widow from upstairs",
    "an old radio operator",
    "a night porter",
    "the mayor's chauffeur",
];
const DID: [&str; 14] = [
    "found a letter that nobody had signed",
    "set out to count the bells of the town",
    "opened the door that had always been locked",
    "hid a stranger in the boathouse",
    "sold the orchard for less than it was worth",
    "wrote down every word that was said",
    "followed the wire to where it ended",
    "missed the boat by a minute",
    "bought a piano that could not be tuned",
    "crossed the border with a borrowed name",
    "kept the books of a bank that did not exist",
    "learned to read by the signs of the shops",
    "heard the same song from two windows",
    "lost a bet about the weather",
];
const THEN: [&str; 12] = [
    "and learned what it cost to keep it.",
    "and told nobody for twenty years.",
    "but the truth was in the other drawer.",
    "and nothing in the house was the same.",
    "without knowing who had paid for it.",
    "and that was only the first mistake.",
    "until the telephone rang.",
    "and the town took sides.",
    "which, as it turned out, was the easy part.",
    "but somebody had been there before.",
    "and so began a friendship of few words.",
    "for the sake of a promise made in passing.",
];
const OPINIONS: [&str; 16] = [
    "I began it on a train & missed my stop.",
    "Slow at first; then it isn't.",
    "\"Never again,\" I said, and went back the next day.",
    "The ending is worth < 1 % of the rest, and the rest is worth a lot.",
    "My grandmother would have loved it. So did I.",
    "Too many bells, not enough ferries.",
    "The second half > the first half.",
    "You can tell that somebody counted every word.",
    "I don't understand the fuss, but I understand the weather now.",
    "It says more about accounting than it means to.",
    "A quiet thing that doesn't let go.",
    "Half of it happens in a kitchen, and that half is perfect.",
    "Not for the impatient.",
    "I laughed once, in the wrong place, and I'd do it again.",
    "The dialogue is as dry as the summer it is set in.",
    "Best taken with a map at hand.",
];

/// A title of a few words.
pub(crate) fn title(draw: &mut Draw) -> String {
    let [adjective, noun, other, place] = [&ADJECTIVES[..], &NOUNS, &NOUNS, &PLACES].map(|words| draw.pick(words));
    match draw.within(0, 6) {
        0 => format!("The {adjective} {noun}"),
        1 => format!("The {noun} & the {other}"),
        2 => format!("The {noun} of {place}"),
        3 => format!("\"{noun}\" and Other Stories"),
        4 => format!("{}'s {noun}", draw.pick(&GIVEN)),
        5 => format!("{} Nights in {place}", draw.pick(&COUNTED)),
        _ => format!("{adjective} {noun}, {adjective} {other}"),
    }
}

/// A person's name.
pub(crate) fn person(draw: &mut Draw) -> String {
    let given = draw.pick(&GIVEN);
    format!("{given} {}", draw.pick(&FAMILY))
}

/// `low` to `high` names.
pub(crate) fn people(draw: &mut Draw, low: u32, high: u32) -> Vec<String> {
    (0..draw.within(low, high)).map(|_| person(draw)).collect()
}

/// `low` to `high` sentences of what happens, and an opinion of it: one line of some hundred bytes.
pub(crate) fn summary(draw: &mut Draw, low: u32, high: u32) -> String {
    let mut text = String::with_capacity(768);
    for _ in 0..draw.within(low, high) {
        for part in [&WHEN[..], &WHO, &DID, &THEN] {
            text.push_str(draw.pick(part));
            text.push(' ');
        }
    }
    text.push_str(draw.pick(&OPINIONS));
    text
}

/// One to three sentences of praise or blame.
pub(crate) fn opinion(draw: &mut Draw) -> String {
    draw.several(1, 3, &OPINIONS).join(" ")
}

/// The title of a chapter.
pub(crate) fn chapter(draw: &mut Draw) -> String {
    let [adjective, noun, place] = [&ADJECTIVES[..], &NOUNS, &PLACES].map(|words| draw.pick(words));
    match draw.within(0, 2) {
        0 => format!("Of the {adjective} {noun}"),
        1 => format!("{place}, in the {adjective} season"),
        _ => format!("What the {noun} knew"),
    }
}
