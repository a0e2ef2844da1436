//! All jobs of a run, known before the first starts, in little memory.

use crate::job::{Input, Job};
use std::borrow::Borrow;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Jobs, one after another: numbers and names in one run of bytes, so that a name takes some
/// twenty bytes beside its own.
#[derive(Debug, Default)]
pub struct JobList {
    jobs: usize,
    bytes: Vec<u8>,
    /// The inputs that are no whole files: few.
    others: Vec<Input>,
}

/// Gives the jobs, in the order in which they were added.
#[derive(Debug)]
pub struct JobListIter<P> {
    packed: P,
    at: usize,
    left: usize,
}

const FILE: u8 = 0;
const OTHER: u8 = 1;

impl JobList {
    /// Adds a job.
    pub fn add(&mut self, job: &Job) {
        self.jobs += 1;
        self.number(job.seq);
        self.number(job.inputs.len() as u64);
        for input in &job.inputs {
            match input {
                Input::File(name) => {
                    self.bytes.push(FILE);
                    self.number(name.len() as u64);
                    self.bytes.extend_from_slice(name.as_bytes());
                }
                other => {
                    self.bytes.push(OTHER);
                    self.number(self.others.len() as u64);
                    self.others.push(other.clone());
                }
            }
        }
    }

    /// The jobs.
    pub fn iter(&self) -> JobListIter<&JobList> {
        JobListIter::new(self)
    }

    fn number(&mut self, number: u64) {
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
    fn new(packed: P) -> Self {
        let left = packed.borrow().jobs;
        JobListIter { packed, at: 0, left }
    }

    fn bytes(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        &self.packed.borrow().bytes[from..self.at]
    }

    fn number(&mut self) -> u64 {
        let bytes = self.bytes(size_of::<u64>());
        u64::from_ne_bytes(bytes.try_into().expect("so many were asked for"))
    }

    fn input(&mut self) -> Input {
        let kind = self.bytes(1)[0];
        let number = usize::try_from(self.number()).expect("it was a length or an index");
        match kind {
            FILE => Input::File(OsString::from_vec(self.bytes(number).to_vec())),
            _ => self.packed.borrow().others[number].clone(),
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
    fn jobs_come_back_as_they_were() {
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
        let mut packed = JobList::default();
        jobs.iter().for_each(|job| packed.add(job));
        assert!(packed.iter().eq(jobs.iter().cloned()));
        let mut some = packed.iter();
        some.next();
        assert_eq!(some.size_hint(), (2, Some(2)));
        assert!(packed.into_iter().eq(jobs));
        assert_eq!(JobList::default().into_iter().next(), None);
    }
}
