//! Sharing a store through a remote: the git program fetches before anything is read and pushes what is appended, each
//! branch only if it is still where it was fetched. So a user's own credentials, agents and forges work. What has been
//! fetched is what there is; branches of this repository itself are not looked at.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use git2::Repository;

use super::refs::{RefUpdate, target};
use super::repository::HEADS;
use crate::StoreError;

/// Branches that are pushed at once: their names must fit into a command line.
const PUSHED_MAX: usize = 500;
/// Characters of what the git program says that are passed on.
const SAID_MAX: usize = 400;

/// A remote of the repository.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    name: String,
}

impl Remote {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What stands before the names of its branches here.
    pub(super) fn area(&self) -> String {
        format!("refs/remotes/{}/", self.name)
    }

    /// Brings its branches here, as they are now.
    pub(super) fn fetch(&self, repository: &Repository, location: &str) -> Result<(), StoreError> {
        let all = format!("+{HEADS}*:{}*", self.area());
        let words = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--prune",
            "--no-auto-gc",
            "--no-write-fetch-head",
            "--refmap=",
            &self.name,
            &all,
        ];
        let output = self.run(repository.path(), location, &words)?;
        if output.status.success() {
            return Ok(());
        }
        let said = said(&output);
        Err(StoreError::Io {
            store: location.to_owned(),
            reason: format!("the remote {} could not be fetched from, and nothing was changed: {said}", self.name),
        })
    }

    /// Moves branches of the remote, and here; answers which were where they were thought to be.
    pub(super) fn push(
        &self,
        repository: &Repository,
        location: &str,
        updates: &[RefUpdate],
    ) -> Result<Vec<bool>, StoreError> {
        let mut moved = Vec::with_capacity(updates.len());
        for updates in updates.chunks(PUSHED_MAX) {
            moved.extend(self.push_some(repository, location, updates)?);
        }
        Ok(moved)
    }

    fn push_some(
        &self,
        repository: &Repository,
        location: &str,
        updates: &[RefUpdate],
    ) -> Result<Vec<bool>, StoreError> {
        let area = self.area();
        let mut words = ["push", "--porcelain", "--no-verify", "--no-signed"].map(str::to_owned).to_vec();
        let mut refs = Vec::with_capacity(updates.len());
        for update in updates {
            let name = format!("{HEADS}{}", update.name.strip_prefix(&area).unwrap_or(&update.name));
            let old = update.old.map(|old| old.to_string()).unwrap_or_default();
            words.push(format!("--force-with-lease={name}:{old}"));
            refs.push((format!("{}:{name}", update.new), name));
        }
        words.push(self.name.clone());
        words.extend(refs.iter().map(|(pair, _)| pair.clone()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = self.run(repository.path(), location, &words)?;
        let answers = answers(&String::from_utf8_lossy(&output.stdout));
        let answered = |name: &String| answers.get(name).copied();
        if refs.iter().all(|(_, name)| answered(name).is_some_and(|answer| answer != Answer::Failed)) {
            return Ok(refs.iter().map(|(_, name)| answered(name) == Some(Answer::Moved)).collect());
        }
        // The answer is lost, or the remote refuses for a reason of its own: what is there now tells.
        self.fetch(repository, location)?;
        let mut moved = Vec::with_capacity(updates.len());
        for update in updates {
            let found = target(repository, location, &update.name)?;
            if found == update.old && found != Some(update.new) {
                return Err(StoreError::Io {
                    store: location.to_owned(),
                    reason: format!("the remote {} did not take what was pushed: {}", self.name, said(&output)),
                });
            }
            moved.push(found == Some(update.new));
        }
        Ok(moved)
    }

    fn run(&self, folder: &Path, location: &str, words: &[&str]) -> Result<Output, StoreError> {
        let mut command = Command::new("git");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").stdin(Stdio::null());
        let output = command.arg("--git-dir").arg(folder).args(words).output();
        output.map_err(|error| StoreError::Io {
            store: location.to_owned(),
            reason: format!("the git program, which shares it, cannot be run: {error}"),
        })
    }
}

/// What became of one branch that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Moved,
    /// It was elsewhere.
    Stale,
    Failed,
}

/// Reads `FLAG \t FROM:TO \t SUMMARY (REASON)` a branch.
fn answers(text: &str) -> HashMap<String, Answer> {
    let mut answers = HashMap::new();
    for line in text.lines() {
        let mut parts = line.split('\t');
        let (Some(flag), Some(pair), Some(summary)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some((_, name)) = pair.split_once(':') else { continue };
        let stale = [
            "stale info",
            "fetch first",
            "non-fast-forward",
            "already exists",
            "cannot lock ref",
            "failed to update ref",
        ];
        let answer = match flag.chars().next() {
            Some(' ' | '+' | '*' | '=') => Answer::Moved,
            Some('!') if stale.iter().any(|reason| summary.contains(reason)) => Answer::Stale,
            _ => Answer::Failed,
        };
        answers.insert(name.to_owned(), answer);
    }
    answers
}

/// What the git program complained of, on one line, without what may be a password.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let words = text.split_whitespace().map(without_password);
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SAID_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => format!("git ended with {}", output.status),
        None => text,
    }
}

fn without_password(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_push_are_read() {
        let text = "To /a.git\n\
            =\t1:refs/heads/same\t[up to date]\n\
            *\t1:refs/heads/new\t[new branch]\n \
            \t1:refs/heads/on\t1..2\n\
            !\t1:refs/heads/old\t[rejected] (stale info)\n\
            !\t1:refs/heads/closed\t[remote rejected] (pre-receive hook declined)\n\
            Done\n";
        let expected = [
            ("same", Answer::Moved),
            ("new", Answer::Moved),
            ("on", Answer::Moved),
            ("old", Answer::Stale),
            ("closed", Answer::Failed),
        ];
        let answers = answers(text);
        for (name, answer) in expected {
            assert_eq!(answers.get(&format!("refs/heads/{name}")), Some(&answer), "{name}");
        }
        assert_eq!(answers.len(), expected.len());
    }

    #[test]
    fn passwords_are_not_passed_on() {
        for (word, safe) in [
            ("'https://me:secret@host/a@b':", "'https://…@host/a@b':"),
            ("https://host/a", "https://host/a"),
            ("git@host:a", "git@host:a"),
            ("ssh://me:s@e@host", "ssh://…@host"),
        ] {
            assert_eq!(without_password(word), safe);
        }
    }
}
