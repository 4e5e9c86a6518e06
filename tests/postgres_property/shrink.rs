//! Makes a failing pair smaller: takes back what one side chose anew, and chooses the least for both, as long as the pair
//! fails in the same way.

use std::time::{Duration, Instant};

use crate::choices::Origin;
use crate::judge::{Judge, Pair};

/// The smallest pair that was found to fail as the given one does, within a time.
pub(crate) async fn shrink(judge: &mut Judge, origin: Origin, failing: Pair, time: Duration) -> (Origin, Pair) {
    let mut shrinking = Shrinking { judge, best: (origin, failing), deadline: Instant::now() + time };
    while shrinking.pass(equal_on_both_sides).await | shrinking.pass(least_on_both_sides).await {}
    shrinking.best
}

struct Shrinking<'a> {
    judge: &'a mut Judge,
    best: (Origin, Pair),
    deadline: Instant,
}

/// What a change of one choice would be, where it can be changed: the name, and what to force on either side.
type Change = (String, [usize; 2]);

fn equal_on_both_sides(pair: &Pair) -> Vec<Change> {
    let [a, b] = &pair.chosen;
    let differing = b.iter().filter(|(name, value)| a.get(*name).is_some_and(|other| other != *value));
    differing.map(|(name, _)| (name.clone(), [a[name], a[name]])).collect()
}

fn least_on_both_sides(pair: &Pair) -> Vec<Change> {
    let [a, b] = &pair.chosen;
    let mut names: Vec<&String> = a.iter().chain(b).filter(|(_, value)| **value > 0).map(|(name, _)| name).collect();
    // What is above goes first, as what is below then goes along.
    names.sort_by_key(|name| {
        let is_sort = name.starts_with("with");
        (!is_sort, !name.ends_with("is there"), name.matches('/').count(), (*name).clone())
    });
    names.dedup();
    names.into_iter().map(|name| (name.clone(), [0, 0])).collect()
}

impl Shrinking<'_> {
    /// Tries changes in ever smaller groups; answers whether any helped.
    async fn pass(&mut self, changes: fn(&Pair) -> Vec<Change>) -> bool {
        let mut helped = false;
        let mut size = changes(&self.best.1).len().div_ceil(2);
        while size > 0 {
            let mut place = 0;
            loop {
                let all = changes(&self.best.1);
                let Some(group) = all.get(place..all.len().min(place + size)).filter(|group| !group.is_empty()) else {
                    break;
                };
                if Instant::now() > self.deadline {
                    return false;
                }
                if self.try_changes(group).await {
                    helped = true;
                } else {
                    place += size;
                }
            }
            size /= 2;
        }
        helped
    }

    async fn try_changes(&mut self, group: &[Change]) -> bool {
        let mut origin = self.best.0.clone();
        for (name, [a, b]) in group {
            origin.forced[0].insert(name.clone(), *a);
            origin.forced[1].insert(name.clone(), *b);
        }
        let pair = self.judge.check(&origin).await;
        let class = |pair: &Pair| pair.result.as_ref().err().map(|wrong| wrong.class.clone());
        let is_alike = class(&pair) == class(&self.best.1);
        if is_alike {
            self.best = (origin, pair);
        }
        is_alike
    }
}
