//! The table of formats, and the options that choose one.
//!
//! It does not know which fields a format has.

use super::{CsvQuoting, Format, LogFormat, refuse};
use crate::record::pattern::{Case, Pattern};
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::{quoted, unknown_or};

/// One row of the table of formats.
#[derive(Debug)]
pub(crate) struct FormatEntry {
    /// The name that users type.
    pub name: &'static str,
    /// Other names of it.
    pub aliases: &'static [&'static str],
    /// One line of help: the layout of a record.
    pub help: &'static str,
    /// Builds the format from the delimiter that was typed, if any, and whether there is a header.
    make: fn(Option<u8>, bool) -> Format,
    /// True when the format accepts a delimiter.
    delimited: bool,
}

/// The known formats.
pub(crate) static FORMATS: &[FormatEntry] = &[
    FormatEntry {
        name: "ws",
        aliases: &[],
        help: "fields are runs of non-blanks, as in awk; with -d C, what stands between single C's",
        make: |delimiter, _| delimiter.map_or(Format::Ws, Format::Delimited),
        delimited: true,
    },
    FormatEntry {
        name: "lines",
        aliases: &[],
        help: "the whole line is the only field",
        make: |_, _| Format::Lines,
        delimited: false,
    },
    FormatEntry {
        name: "clf",
        aliases: &["nginx", "apache", "common", "combined"],
        help: "logs of web servers, common or combined (also named nginx, apache, common, combined): host ident user time request method path protocol status bytes referer agent",
        make: |_, _| Format::Clf,
        delimited: false,
    },
    FormatEntry {
        name: "csv",
        aliases: &[],
        help: "RFC 4180, quotes and all; fields have the names of the first record, unless --no-header",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b','),
            quoting: CsvQuoting::Quotes,
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "tsv",
        aliases: &[],
        help: "values between tabs, without quotes; \\t, \\n and \\\\ are read back; a header as csv",
        make: |delimiter, header| Format::Csv {
            delimiter: delimiter.unwrap_or(b'\t'),
            quoting: CsvQuoting::Escapes,
            header,
        },
        delimited: true,
    },
    FormatEntry {
        name: "json",
        aliases: &[],
        help: "an object a line; fields are keys, or paths joined by dots: user.id, tags.0",
        make: |_, _| Format::Json,
        delimited: false,
    },
    FormatEntry {
        name: "logfmt",
        aliases: &[],
        help: "key=value key=\"a value\"",
        make: |_, _| Format::Logfmt,
        delimited: false,
    },
    FormatEntry {
        name: "syslog",
        aliases: &[],
        help: "RFC 5424 and the older form: time host program pid message priority facility severity msgid structured; a parameter of structured data is `id.name`",
        make: |_, _| Format::Syslog,
        delimited: false,
    },
    FormatEntry {
        name: "w3c",
        aliases: &["iis", "cloudfront"],
        help: "extended log format (also named iis, cloudfront): fields have the names of #Fields:, as in `cs(User-Agent)`; time is the date and the time",
        make: |_, _| Format::W3c,
        delimited: false,
    },
    FormatEntry {
        name: "alb",
        aliases: &[],
        help: "AWS load balancers: type time elb client_ip client_port target_ip target_port request_processing_time target_processing_time response_processing_time elb_status_code target_status_code received_bytes sent_bytes request request_verb request_url request_proto user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time actions_executed redirect_url error_reason target_port_list target_status_code_list classification classification_reason conn_trace_id",
        make: |_, _| Format::Alb,
        delimited: false,
    },
    FormatEntry {
        name: "s3",
        aliases: &[],
        help: "AWS S3 server access: bucket_owner bucket time remote_ip requester request_id operation key request_uri method path protocol http_status error_code bytes_sent object_size total_time turn_around_time referer user_agent version_id host_id signature_version cipher_suite authentication_type host_header tls_version access_point_arn acl_required source_region",
        make: |_, _| Format::S3,
        delimited: false,
    },
    FormatEntry {
        name: "auto",
        aliases: &[],
        help: "the one of w3c, json, clf, alb, s3, syslog, logfmt, tsv and csv that fits the first lines of each file",
        make: |_, _| Format::Auto,
        delimited: false,
    },
];

/// The options that choose a format.
#[derive(Debug, Clone, Default)]
pub struct FormatChoice<'a> {
    /// The name of the format.
    pub name: Option<&'a str>,
    /// The delimiter that was typed.
    pub delimiter: Option<&'a str>,
    /// True when the first record of csv or tsv is not a header.
    pub no_header: bool,
    /// A regular expression whose groups are the fields.
    pub extract: Option<&'a str>,
    /// A log format of nginx or Apache, whose variables are the fields.
    pub log_format: Option<&'a str>,
    /// A regular expression for what stands before the JSON of a line.
    pub json_after: Option<&'a str>,
}

impl Format {
    /// Builds the format that the options choose.
    ///
    /// # Errors
    /// When the name is unknown, the regular expression is malformed, or the format does not accept an
    /// option.
    pub fn choose(choice: &FormatChoice<'_>) -> Result<Format, RecordPlanError> {
        let delimiter = choice.delimiter.map(delimiter).transpose()?;
        let known: Vec<_> = FORMATS.iter().map(|entry| entry.name).collect();
        let name = choice.name.unwrap_or("ws");
        let is_named = |entry: &&FormatEntry| entry.name == name || entry.aliases.contains(&name);
        let entry = FORMATS.iter().find(is_named);
        let entry = entry
            .ok_or_else(|| unknown_or("format", name, &known, "without regard to case is --ignore-case"))?;
        let mut format = (entry.make)(delimiter, !choice.no_header);
        if delimiter.is_some() && !entry.delimited {
            return refuse(format!("format '{name}' takes no delimiter"));
        }
        if let Some(regex) = choice.extract {
            if choice.name.is_some() || delimiter.is_some() {
                return refuse("--extract is a format of its own: leave out --input-format and --delimiter");
            }
            let malformed = |cause| RecordPlanError::new(format!("in --extract: {cause}"));
            format = Format::Extract(Pattern::new(regex, Case::Sensitive).map_err(malformed)?);
        }
        if let Some(text) = choice.log_format {
            if choice.name.is_some() || delimiter.is_some() || choice.extract.is_some() {
                return refuse(
                    "--log-format is a format of its own: leave out --input-format, --delimiter and --extract",
                );
            }
            format = Format::LogFormat(LogFormat::parse(text)?);
        }
        if let Some(regex) = choice.json_after {
            if !matches!(format, Format::Json) && choice.name.is_some()
                || choice.extract.is_some()
                || choice.log_format.is_some()
                || delimiter.is_some()
            {
                return refuse("--json-after is for JSON: leave out other formats");
            }
            let malformed = |cause| RecordPlanError::new(format!("in --json-after: {cause}"));
            format = Format::JsonAfter(Pattern::new(regex, Case::Sensitive).map_err(malformed)?);
        }
        if choice.no_header && !matches!(format, Format::Csv { .. }) {
            return refuse("--no-header applies to csv and tsv only");
        }
        Ok(format)
    }
}

fn delimiter(text: &str) -> Result<u8, RecordPlanError> {
    match text.as_bytes() {
        [byte] if *byte != b'\n' => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        b"\\0" => Ok(0),
        _ => refuse(format!(
            "delimiter {} is not one byte (\\t is a tab; names and records are one a line without it)",
            quoted(text)
        )),
    }
}
