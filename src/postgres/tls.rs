//! Encryption as libpq's `sslmode` means it, done by rustls.
//!
//! Knows nothing of hosts and connections: from modes and files it makes the connector that a connection is opened with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Never encrypted.
    Disable,
    /// Encrypted only where the server wants nothing else.
    Allow,
    /// Encrypted where the server can; libpq's default.
    Prefer,
    /// Encrypted or not at all.
    Require,
    /// Encrypted, with a certificate that a trusted root has signed.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
}

impl Mode {
    /// The mode that libpq calls so.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    /// libpq's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Where the roots are that a server's certificate must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// A PEM file.
    File(PathBuf),
    /// The operating system's.
    System,
}

/// The files of one's own certificate and its key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// Makes the connector for a mode other than `disable`. As in libpq, roots that are given are also asked by the modes
/// below `verify-ca`.
///
/// # Errors
/// Files that are missing, unreadable or not what they should be.
pub(super) fn connector(
    mode: Mode,
    roots: Option<&Roots>,
    identity: Option<&Identity>,
) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(&provider, mode, roots)?;
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = read_certificates(&identity.certificate)?;
            let key = read_key(&identity.key)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                let (certificate, key) = (identity.certificate.display(), identity.key.display());
                format!("certificate {certificate} and key {key} cannot be used together: {error}")
            })?
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error| format!("the certificate file {} cannot be read: {error}", path.display());
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(format!("the certificate file {} holds no certificate in PEM form", path.display()));
    }
    Ok(certificates)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    check_key_permissions(path)?;
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        format!("the key file {} cannot be read: {error}; it must be an unencrypted key in PEM form", path.display())
    })
}

/// As libpq: a key that others may read is refused; one that root owns may be readable by its group.
#[cfg(unix)]
fn check_key_permissions(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let unreadable = |error| format!("the key file {} cannot be read: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(format!("others may access the key file {path}; run `chmod 600 {path}`"))
}

/// Elsewhere the folder that holds the file is what protects it.
#[cfg(not(unix))]
fn check_key_permissions(_path: &Path) -> Result<(), String> {
    Ok(())
}

/// Checks a server's certificate as far as the mode asks, and always that the server holds the certificate's key.
#[derive(Debug)]
struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    /// Without roots every certificate will do.
    chain: Option<Chain>,
    is_name_checked: bool,
}

#[derive(Debug)]
struct Chain {
    verifier: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(provider: &Arc<CryptoProvider>, mode: Mode, roots: Option<&Roots>) -> Result<Self, String> {
        let chain = roots.map(|roots| Chain::new(provider, roots)).transpose()?;
        if chain.is_none() && mode >= Mode::VerifyCa {
            return Err(format!(
                "sslmode={} needs trusted roots: name their file with `sslrootcert=FILE`, or say `sslrootcert=system`",
                mode.name()
            ));
        }
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { algorithms, chain, is_name_checked: mode == Mode::VerifyFull })
    }
}

impl Chain {
    fn new(provider: &Arc<CryptoProvider>, roots: &Roots) -> Result<Self, String> {
        let (certificates, origin) = match roots {
            Roots::File(path) => (read_certificates(path)?, path.display().to_string()),
            Roots::System => (rustls_native_certs::load_native_certs().certs, "the system's trusted roots".to_owned()),
        };
        let mut store = RootCertStore::empty();
        let (_, unusable) = store.add_parsable_certificates(certificates.iter().cloned());
        // A system's collection may hold oddities; of a file that somebody wrote, all must count.
        if unusable > 0 && matches!(roots, Roots::File(_)) {
            return Err(format!("{unusable} of the certificates in {origin} cannot be used as roots"));
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .build()
            .map_err(|error| format!("{origin}: {error}"))?;
        Ok(Self { verifier, roots: certificates })
    }

    /// Whether the certificate is good in time and leads to a root; the name is told apart by [`rustls::Error`].
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let outcome = self.verifier.verify_server_cert(certificate, intermediates, name, &[], now).map(|_| ());
        match outcome {
            // A self-signed certificate that is its own root is mostly made as an authority, which webpki refuses as a
            // server's once it has found it good in time. It was trusted by name: libpq takes it.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.roots.iter().any(|root| root == certificate) =>
            {
                let certificate = ParsedCertificate::try_from(certificate)?;
                verify_server_name(&certificate, name)
            }
            outcome => outcome,
        }
    }
}

fn is_about_name(error: &rustls::Error) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(error, rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let outcome = self.chain.as_ref().map_or(Ok(()), |chain| chain.verify(certificate, intermediates, name, now));
        match outcome {
            // The name is looked at last, so the chain is good when the name is what is wrong.
            Err(error) if is_about_name(&error) && !self.is_name_checked => Ok(ServerCertVerified::assertion()),
            outcome => outcome.map(|()| ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
