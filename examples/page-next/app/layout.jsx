export const metadata = { title: 'Cut a person out' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={{ maxWidth: '40rem', margin: '2rem auto', font: '1rem / 1.5 system-ui' }}>
        {children}
      </body>
    </html>
  );
}
