//! All jobs of a run in little memory, for runs that have to know them before the first starts.

use crate::job::{Input, Job};
use std::borrow::Borrow;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A list of jobs, encoded one after another in a single buffer: a job with one file takes some twenty
/// bytes in addition to the name.
#[derive(Debug, Default)]
pub struct JobList {
    jobs: usize,
    bytes: Vec<u8>,
    /// The inputs that are not whole files: few.
    others: Vec<Input>,
}

/// Decodes the jobs of a [`JobList`], in the order in which they were added.
#[derive(Debug)]
pub struct JobListIter<P> {
    list: P,
    at: usize,
    left: usize,
}

const FILE: u8 = 0;
const OTHER: u8 = 1;

impl JobList {
    /// Appends a job.
    pub fn add(&mut self, job: &Job) {
        self.jobs += 1;
        self.push_number(job.seq);
        self.push_number(job.inputs.len() as u64);
        for input in &job.inputs {
            match input {
                Input::File(name) => {
                    self.bytes.push(FILE);
                    self.push_number(name.len() as u64);
                    self.bytes.extend_from_slice(name.as_bytes());
                }
                other => {
                    self.bytes.push(OTHER);
                    self.push_number(self.others.len() as u64);
                    self.others.push(other.clone());
                }
            }
        }
    }

    /// Iterates over the jobs.
    pub fn iter(&self) -> JobListIter<&JobList> {
        JobListIter::new(self)
    }

    fn push_number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_ne_bytes());
    }
}

impl IntoIterator for JobList {
    type Item = Job;
    type IntoIter = JobListIter<JobList>;

    fn into_iter(self) -> JobListIter<JobList> {
        JobListIter::new(self)
    }
}

impl<P: Borrow<JobList>> JobListIter<P> {
    fn new(list: P) -> Self {
        let left = list.borrow().jobs;
        JobListIter { list, at: 0, left }
    }

    fn bytes(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        &self.list.borrow().bytes[from..self.at]
    }

    fn number(&mut self) -> u64 {
        let bytes = self.bytes(size_of::<u64>());
        u64::from_ne_bytes(
            bytes
                .try_into()
                .expect("bytes returns as many as it is asked for"),
        )
    }

    fn input(&mut self) -> Input {
        let kind = self.bytes(1)[0];
        let number = usize::try_from(self.number()).expect("a length or an index was encoded");
        match kind {
            FILE => Input::File(OsString::from_vec(self.bytes(number).to_vec())),
            _ => self.list.borrow().others[number].clone(),
        }
    }
}

impl<P: Borrow<JobList>> Iterator for JobListIter<P> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        self.left = self.left.checked_sub(1)?;
        let seq = self.number();
        let inputs = (0..self.number()).map(|_| self.input()).collect();
        Some(Job { seq, inputs })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_decoded_as_they_were_added() {
        let name = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let range = |name, start, end| Input::Range { name, start, end };
        let jobs = [
            vec![Input::File(name(b"a")), Input::File(name(b"\xff\n"))],
            vec![Input::Stdin],
            vec![range(name(b"big"), 5, u64::MAX), Input::File(name(b""))],
        ];
        let jobs: Vec<Job> = [7, 2, 9]
            .into_iter()
            .zip(jobs)
            .map(|(seq, inputs)| Job { seq, inputs })
            .collect();
        let mut list = JobList::default();
        jobs.iter().for_each(|job| list.add(job));
        assert!(list.iter().eq(jobs.iter().cloned()));
        let mut some = list.iter();
        some.next();
        assert_eq!(some.size_hint(), (2, Some(2)));
        assert!(list.into_iter().eq(jobs));
        assert_eq!(JobList::default().into_iter().next(), None);
    }
}
