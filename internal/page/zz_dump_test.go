package page_test
import ("testing";"os";"time";"strings"
"github.com/outcry/outcry/internal/page"
"github.com/outcry/outcry/internal/page/pagetest")
func TestDump(t *testing.T){
 r,err:=page.New(page.Options{Name:"Outcry",URL:"https://status.example.org",Location:pagetest.Location()})
 if err!=nil{t.Fatal(err)}
 for st:=pagetest.Quiet;st<=pagetest.Stale;st++{
  vs,err:=r.Views(pagetest.World(st)); if err!=nil{t.Fatal(err)}
  t0:=time.Now(); n:=0
  for _,v:=range vs{ d,err:=r.Render(v,time.Now()); if err!=nil{t.Fatal(err)}
   os.MkdirAll("/tmp/dump",0755); os.WriteFile("/tmp/dump/"+string(rune('0'+int(st)))+strings.ReplaceAll(v.Path,"/","_")+".html",d.Body,0644); n++
   if st==2{t.Log(v.Path,len(d.Body),len(d.Gzip),len(d.Brotli()))}}
  t.Log(n,time.Since(t0))
 }
}
