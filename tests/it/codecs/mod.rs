//! Compressed files, compared with the programs that define the formats.

mod damaged_files;
mod decoder;
mod encodings;
mod gzip;
mod no_log;
mod output;
