//! Choices by name: what is chosen under a name follows from the seed and that name alone. So two schemas of one seed are
//! the same but where one of them chooses anew, and a failing pair is made smaller by choosing the first of a list, which
//! is always the least: absent, plain, nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Which of two schemas is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

/// What two schemas are made from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) seed: u64,
    /// What was forced while a failure was made smaller, for either side.
    pub(crate) forced: [HashMap<String, usize>; 2],
}

impl Origin {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, forced: [HashMap::new(), HashMap::new()] }
    }
}

/// What was chosen for one side, by name.
pub(crate) type Chosen = BTreeMap<String, usize>;

/// Makes the choices of one side.
pub(crate) struct Choices {
    seed: u64,
    /// How many of a thousand choices are made anew.
    anew: u64,
    forced: HashMap<String, usize>,
    chosen: RefCell<Chosen>,
}

/// How many of a thousand choices side B makes anew: mostly a few; sometimes all, which gives two unrelated schemas.
const RATES: [u64; 8] = [10, 20, 30, 50, 80, 150, 300, 1000];

impl Choices {
    pub(crate) fn of(origin: &Origin, side: Side) -> Rc<Self> {
        let anew = if side == Side::A { 0 } else { RATES[mixed(origin.seed, "rate") as usize % RATES.len()] };
        let forced = origin.forced[side as usize].clone();
        Rc::new(Self { seed: origin.seed, anew, forced, chosen: RefCell::default() })
    }

    /// What was chosen so far.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen.borrow().clone()
    }

    fn pick(&self, name: String, limit: usize, is_shared: bool) -> usize {
        let is_anew = !is_shared && mixed(self.seed, &format!("anew {name}")) % 1000 < self.anew;
        let value = if is_anew { mixed(self.seed, &format!("other {name}")) } else { mixed(self.seed, &name) };
        let value = match self.forced.get(&name) {
            Some(forced) => (*forced).min(limit - 1),
            None => value as usize % limit,
        };
        self.chosen.borrow_mut().insert(name, value);
        value
    }
}

/// The choices below a name.
#[derive(Clone)]
pub(crate) struct Below {
    choices: Rc<Choices>,
    path: String,
}

impl Below {
    pub(crate) fn top(choices: Rc<Choices>) -> Self {
        Self { choices, path: String::new() }
    }

    pub(crate) fn at(&self, name: &str) -> Self {
        Self { choices: self.choices.clone(), path: format!("{}{name}/", self.path) }
    }

    /// A number below a limit.
    pub(crate) fn pick(&self, name: &str, limit: usize) -> usize {
        self.choices.pick(format!("{}{name}", self.path), limit, false)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&self, name: &str, percent: usize) -> bool {
        self.pick(name, 100) >= 100 - percent
    }

    pub(crate) fn one<'a>(&self, name: &str, list: &[&'a str]) -> &'a str {
        list[self.pick(name, list.len())]
    }

    /// The same, where the first is taken in so many of a hundred cases.
    pub(crate) fn mostly<'a>(&self, name: &str, percent: usize, list: &[&'a str]) -> &'a str {
        if list.len() > 1 && self.chance(&format!("{name} set"), 100 - percent) {
            list[1 + self.pick(name, list.len() - 1)]
        } else {
            list[0]
        }
    }

    /// A number below a limit that is the same for both sides.
    pub(crate) fn shared(&self, name: &str, limit: usize) -> usize {
        self.choices.pick(format!("{}{name}", self.path), limit, true)
    }
}

/// FNV-1a over seed and name, then the finaliser of SplitMix64.
fn mixed(seed: u64, name: &str) -> u64 {
    let mut value = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        value = (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
