import { useEffect, useState } from 'react';

export default function Page() {
  const [news, setNews] = useState([]);
  useEffect(() => {
    const source = new EventSource('/api/events');
    source.onmessage = ({ data }) => setNews((earlier) => [...earlier, data]);
    return () => source.close();
  }, []);
  return (
    <ul>
      {news.map((text, index) => (
        <li key={index}>{text}</li>
      ))}
    </ul>
  );
}
