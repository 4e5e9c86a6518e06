//! The client: which server, which region, whose credentials. All of it comes from the URL or from where Amazon's own
//! tools look: the environment, ~/.aws, the role of the machine.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::{S3Url, StoreError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// One attempt; the SDK repeats it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// All attempts at one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// What servers that are not Amazon's answer to whatever region they were given.
const REGION_ELSEWHERE: &str = "us-east-1";
/// The SDK heeds it for this service alone, and does not tell.
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_S3";

/// The client, and the server's address where it is not Amazon's own.
pub(super) async fn connect(url: &S3Url, location: &str) -> Result<(Client, Option<String>), StoreError> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(REQUEST_TIMEOUT)
        .build();
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http).timeout_config(timeouts);
    if let Some(region) = &url.region {
        loader = loader.region(Region::new(region.clone()));
    } else if url.endpoint.is_some() {
        // The machine is not asked for its role, which takes seconds where it has none.
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new());
        loader = loader.region(region.or_else(REGION_ELSEWHERE));
    }
    if let Some(endpoint) = &url.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let config = loader.load().await;
    if config.region().is_none() {
        let reason = "no region is known: set AWS_REGION, or write `?region=NAME` behind the URL".to_owned();
        return Err(StoreError::Url { url: location.to_owned(), reason });
    }
    let named = url.endpoint.clone().or_else(|| std::env::var(ENDPOINT_VARIABLE).ok());
    let endpoint = named.or_else(|| config.endpoint_url().map(str::to_owned));
    // A server that is not Amazon's seldom has a host name for each bucket.
    let settings = aws_sdk_s3::config::Builder::from(&config).force_path_style(endpoint.is_some());
    Ok((Client::from_conf(settings.build()), endpoint))
}
